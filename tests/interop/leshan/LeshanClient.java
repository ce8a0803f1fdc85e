// SPDX-License-Identifier: Apache-2.0
//
// An LwM2M 1.1 client made of Eclipse Leshan, to test a server with: registers, keeps the
// registration alive, tells on standard output what the server does, and takes commands on standard
// input (see Options.USAGE). End of input deregisters and ends it; a signal just ends it.
// Started by tests/interop/peers/leshan-client.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.endpoint.ClientEndpointToolbox;
import org.eclipse.leshan.client.engine.DefaultRegistrationEngineFactory;
import org.eclipse.leshan.client.observer.LwM2mClientObserverAdapter;
import org.eclipse.leshan.client.resource.LwM2mInstanceEnabler;
import org.eclipse.leshan.client.resource.LwM2mObjectEnabler;
import org.eclipse.leshan.client.resource.ObjectEnabler;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.client.servers.ServerInfo;
import org.eclipse.leshan.core.ResponseCode;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.node.LwM2mMultipleResource;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.DeregisterRequest;
import org.eclipse.leshan.core.request.RegisterRequest;
import org.eclipse.leshan.core.request.UpdateRequest;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.response.WriteResponse;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointFactory;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.ClientProtocolProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientEndpointFactory;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coaps.CoapsClientEndpointFactory;
import org.eclipse.leshan.transport.californium.client.endpoint.coaps.CoapsClientProtocolProvider;

public final class LeshanClient {
    private static final int RETRY_MS = 2000;
    private static final long SEND_TIMEOUT_MS = 10_000;
    private static final LwM2mPath TEMPERATURE = new LwM2mPath(Objects.TEMPERATURE, 0, 5700);
    private static final LwM2mPath TEMPERATURE_MIN = new LwM2mPath(Objects.TEMPERATURE, 0, 5601);
    private static final LwM2mPath TEMPERATURE_MAX = new LwM2mPath(Objects.TEMPERATURE, 0, 5602);

    private final org.eclipse.leshan.client.LeshanClient client;
    private volatile boolean temperatureMoves = true;
    private int temperatureStep;

    private LeshanClient(Options options) throws Exception {
        DefaultRegistrationEngineFactory engine = new DefaultRegistrationEngineFactory();
        engine.setQueueMode(options.queue);
        engine.setRetryWaitingTimeInMs(RETRY_MS);
        if (options.updateEvery > 0)
            engine.setCommunicationPeriod(Math.multiplyExact(options.updateEvery, 1000));
        LeshanClientBuilder builder = new LeshanClientBuilder(options.endpoint);
        builder.setObjects(Objects.create(options));
        builder.setRegistrationEngineFactory(engine);
        builder.setEndpointsProviders(endpoints(options));
        if (!options.attributes.isEmpty())
            builder.setAdditionalAttributes(options.attributes);
        client = builder.build();
        client.addObserver(new Registration());
        Account.leave = () -> client.stop(true);
        Account.startAnew = () -> {
            client.stop(false);
            client.start();
        };
    }

    public static void main(String[] args) throws Exception {
        if (args.length == 0 || Arrays.asList(args).contains("--help")) {
            System.out.println(Options.USAGE);
            System.exit(args.length == 0 ? 64 : 0);
        }
        LeshanClient peer = null;
        Options options = null;
        try {
            options = Options.parse(args);
            peer = new LeshanClient(options);
        } catch (Exception e) {
            System.err.println("leshan-client: " + (e.getMessage() == null ? e : e.getMessage()));
            System.exit(64);
        }
        peer.client.start();
        if (options.temperatureEvery > 0)
            peer.moveTemperature(options.temperatureEvery);
        peer.runCommands();
        peer.client.destroy(true);
        Event.print("bye");
        System.exit(0);
    }

    private static CaliforniumClientEndpointsProvider endpoints(Options options) {
        boolean secure = options.pskKey != null;
        ClientProtocolProvider protocol = secure ? new SecureProtocol(options.port) : new PlainProtocol(options.port);
        CaliforniumClientEndpointsProvider.Builder builder = new CaliforniumClientEndpointsProvider.Builder(protocol);
        Configuration configuration = builder.createDefaultConfiguration();
        if (options.blockSize > 0) {
            configuration.set(CoapConfig.PREFERRED_BLOCK_SIZE, options.blockSize);
            configuration.set(CoapConfig.MAX_MESSAGE_SIZE, options.blockSize);
        }
        if (options.objects.containsKey(Options.FIRMWARE))
            configuration.set(CoapConfig.MAX_RESOURCE_BODY_SIZE, Firmware.SIZE_MAX);
        if (secure && options.cid != null)
            configuration.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, options.cid);
        builder.setConfiguration(configuration);
        if (options.bind != null)
            builder.setClientAddress(options.bind);
        return builder.build();
    }

    /** A sawtooth in steps of half a degree, so that each change is another value. */
    private void moveTemperature(int everySeconds) {
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "temperature");
            thread.setDaemon(true);
            return thread;
        });
        clock.scheduleAtFixedRate(() -> {
            if (!temperatureMoves)
                return;
            temperatureStep = (temperatureStep + 1) % 20;
            double value = 20.0 + temperatureStep * 0.5;
            put(TEMPERATURE, Double.toString(value));
            put(TEMPERATURE_MIN, "20.0");
            put(TEMPERATURE_MAX, Double.toString(Math.max(value, Double.parseDouble(text(TEMPERATURE_MAX)))));
        }, everySeconds, everySeconds, TimeUnit.SECONDS);
    }

    private void runCommands() throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.trim().split("\\s+", 2);
            if (words[0].isEmpty())
                continue;
            if (words[0].equals("quit"))
                return;
            try {
                run(words[0], words.length > 1 ? words[1] : "");
            } catch (RuntimeException e) {
                Event.print("error", e.getMessage() == null ? e : e.getMessage());
            }
        }
    }

    private void run(String command, String rest) {
        switch (command) {
        case "set" -> set(rest.split("\\s+", 2));
        case "get" -> Event.print("value", new LwM2mPath(rest), text(new LwM2mPath(rest)));
        case "add" -> add(new LwM2mPath(rest));
        case "remove" -> remove(new LwM2mPath(rest));
        case "send" -> send(new ArrayList<>(List.of(rest.split("\\s+"))));
        case "update" -> client.triggerRegistrationUpdate();
        case "deregister" -> client.stop(true);
        case "register" -> client.start();
        default -> throw new IllegalArgumentException("unknown command: " + command);
        }
    }

    private void set(String[] words) {
        if (words.length != 2)
            throw new IllegalArgumentException("usage: set PATH VALUE");
        LwM2mPath path = new LwM2mPath(words[0]);
        if (path.equals(TEMPERATURE))
            temperatureMoves = false;
        put(path, words[1]);
        Event.print("value", path, text(path));
    }

    private ObjectEnabler object(LwM2mPath path) {
        LwM2mObjectEnabler object = client.getObjectTree().getObjectEnabler(path.getObjectId());
        if (object == null)
            throw new IllegalArgumentException("no such object: " + path);
        return (ObjectEnabler) object;
    }

    private LwM2mInstanceEnabler instance(LwM2mPath path) {
        LwM2mInstanceEnabler instance = path.getObjectInstanceId() == null ? null
                : object(path).getInstance(path.getObjectInstanceId());
        if (instance == null)
            throw new IllegalArgumentException("no such object instance: " + path);
        return instance;
    }

    /** Changes a value from inside: read-only resources too, and observers are notified. */
    private void put(LwM2mPath path, String text) {
        LwM2mInstanceEnabler instance = instance(path);
        ResourceModel model = path.getResourceId() == null ? null
                : object(path).getObjectModel().resources.get(path.getResourceId());
        if (model == null || path.isResourceInstance())
            throw new IllegalArgumentException("not the path of a resource: " + path);
        LwM2mResource value = model.multiple
                ? LwM2mMultipleResource.newResource(model.id, Values.parseMultiple(model.type, text), model.type)
                : LwM2mSingleResource.newResource(model.id, Values.parse(model.type, text), model.type);
        WriteResponse response = instance.write(LwM2mServer.SYSTEM, true, model.id, value);
        if (!response.isSuccess())
            throw new IllegalArgumentException(path + " cannot be set: " + Event.code(response));
    }

    private String text(LwM2mPath path) {
        LwM2mInstanceEnabler instance = instance(path);
        if (path.getResourceId() == null)
            throw new IllegalArgumentException("not the path of a resource: " + path);
        ReadResponse response = path.isResourceInstance()
                ? instance.read(LwM2mServer.SYSTEM, path.getResourceId(), path.getResourceInstanceId())
                : instance.read(LwM2mServer.SYSTEM, path.getResourceId());
        if (!response.isSuccess())
            throw new IllegalArgumentException("no value at " + path);
        return Values.show(response.getContent());
    }

    private void add(LwM2mPath path) {
        if (!path.isObjectInstance() || object(path).getInstance(path.getObjectInstanceId()) != null)
            throw new IllegalArgumentException("not the path of a new object instance: " + path);
        Objects.Instance instance = new Objects.Instance(path.getObjectInstanceId(), null);
        instance.setModel(object(path).getObjectModel());
        instance.setLwM2mClient(client);
        object(path).addInstance(path.getObjectInstanceId(), instance);
        Event.print("added", path);
    }

    private void remove(LwM2mPath path) {
        instance(path);
        object(path).removeInstance(path.getObjectInstanceId());
        Event.print("removed", path);
    }

    private void send(List<String> words) {
        ContentFormat format = ContentFormat.SENML_CBOR;
        if (!words.get(0).startsWith("/"))
            format = ContentFormat.fromName(words.remove(0).toUpperCase(java.util.Locale.ROOT));
        String paths = String.join(" ", words);
        if (paths.isEmpty() || format == null)
            throw new IllegalArgumentException("usage: send [SENML_CBOR|SENML_JSON] PATH...");
        if (Account.muted) {
            Event.print("muted", paths);
            return;
        }
        Map<String, LwM2mServer> servers = client.getRegisteredServers();
        if (servers.isEmpty())
            throw new IllegalStateException("not registered");
        for (LwM2mServer server : servers.values())
            client.getSendService().sendData(server, format, words, SEND_TIMEOUT_MS,
                    response -> Event.print("sent", paths, Event.code(response)),
                    failure -> Event.print("send-failed", paths, failure.toString()));
    }

    /** Tells the turns of the registration. */
    private static final class Registration extends LwM2mClientObserverAdapter {
        @Override
        public void onRegistrationSuccess(LwM2mServer server, RegisterRequest request, String id) {
            Event.print("registered", id);
        }

        @Override
        public void onRegistrationFailure(LwM2mServer server, RegisterRequest request, ResponseCode code,
                String message, Exception cause) {
            Event.print("register-failed", code == null ? cause : code, message == null ? "" : message);
        }

        @Override
        public void onRegistrationTimeout(LwM2mServer server, RegisterRequest request) {
            Event.print("register-failed timeout");
        }

        @Override
        public void onUpdateSuccess(LwM2mServer server, UpdateRequest request) {
            Event.print("updated");
        }

        @Override
        public void onUpdateFailure(LwM2mServer server, UpdateRequest request, ResponseCode code, String message,
                Exception cause) {
            Event.print("update-failed", code == null ? cause : code, message == null ? "" : message);
        }

        @Override
        public void onUpdateTimeout(LwM2mServer server, UpdateRequest request) {
            Event.print("update-failed timeout");
        }

        @Override
        public void onDeregistrationSuccess(LwM2mServer server, DeregisterRequest request) {
            Event.print("deregistered");
        }

        @Override
        public void onDeregistrationFailure(LwM2mServer server, DeregisterRequest request, ResponseCode code,
                String message, Exception cause) {
            Event.print("deregister-failed", code == null ? cause : code, message == null ? "" : message);
        }

        @Override
        public void onDeregistrationTimeout(LwM2mServer server, DeregisterRequest request) {
            Event.print("deregister-failed timeout");
        }

        @Override
        public void onUnexpectedError(Throwable error) {
            Event.print("error", error);
        }
    }

    /** CoAP from a local port of our choice, which Leshan has no setting for. */
    private static final class PlainProtocol extends CoapClientProtocolProvider {
        private final int port;

        PlainProtocol(int port) {
            this.port = port;
        }

        @Override
        public CaliforniumClientEndpointFactory createDefaultEndpointFactory() {
            return new CoapClientEndpointFactory() {
                @Override
                public CoapEndpoint createCoapEndpoint(InetAddress address, Configuration configuration,
                        ServerInfo server, boolean clientInitiatedOnly, List<Certificate> trusted,
                        ClientEndpointToolbox toolbox) {
                    CoapEndpoint endpoint = super.createCoapEndpoint(address, configuration, server,
                            clientInitiatedOnly, trusted, toolbox);
                    endpoint.addInterceptor(Firmware.watch());
                    return endpoint;
                }

                @Override
                protected CoapEndpoint.Builder createEndpointBuilder(InetSocketAddress any, ServerInfo server,
                        Configuration configuration, ClientEndpointToolbox toolbox) {
                    return super.createEndpointBuilder(withPort(any.getAddress(), port), server, configuration,
                            toolbox);
                }
            };
        }
    }

    /** The same over DTLS. */
    private static final class SecureProtocol extends CoapsClientProtocolProvider {
        private final int port;

        SecureProtocol(int port) {
            this.port = port;
        }

        @Override
        public CaliforniumClientEndpointFactory createDefaultEndpointFactory() {
            return new CoapsClientEndpointFactory() {
                @Override
                protected DtlsConnectorConfig.Builder createEffectiveDtlsConnectorConfigBuilder(InetSocketAddress any,
                        ServerInfo server, DtlsConnectorConfig.Builder root, Configuration configuration,
                        boolean clientInitiatedOnly, List<Certificate> trusted) {
                    return super.createEffectiveDtlsConnectorConfigBuilder(withPort(any.getAddress(), port), server,
                            root, configuration, clientInitiatedOnly, trusted);
                }
            };
        }
    }

    private static InetSocketAddress withPort(InetAddress address, int port) {
        return new InetSocketAddress(address, port);
    }
}
