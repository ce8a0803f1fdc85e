// SPDX-License-Identifier: Apache-2.0
//
// An LwM2M 1.1 server made of Eclipse Leshan, to check the clients with: whatever a client does is
// one line of standard output, and commands on standard input become operations. Plain CoAP only.
// Started by tests/interop/peers/leshan-server; not meant as a load generator.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.node.LwM2mMultipleResource;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.DiscoverRequest;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.SendRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.response.DiscoverResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.endpoint.LwM2mServerEndpoint;
import org.eclipse.leshan.server.model.StaticModelProvider;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.eclipse.leshan.server.send.SendListener;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;

public final class LeshanServer {
    private static final String USAGE = String.join(System.lineSeparator(),
            "usage: leshan-server [--bind ADDRESS] [--port N] [--model FILE.xml]...",
            "  on 127.0.0.1 and any free port unless told otherwise",
            "commands on standard input, one a line:",
            "  read EP PATH [FORMAT], write EP PATH VALUE, execute EP PATH [ARGUMENTS]",
            "  observe EP PATH, discover EP PATH, quit");
    private static final long TIMEOUT_MS = 10_000;

    private final org.eclipse.leshan.server.LeshanServer server;

    private LeshanServer(InetSocketAddress address, List<String> models) throws Exception {
        CaliforniumServerEndpointsProvider.Builder endpoints = new CaliforniumServerEndpointsProvider.Builder(
                new CoapServerProtocolProvider());
        endpoints.addEndpoint(address, Protocol.COAP);
        LeshanServerBuilder builder = new LeshanServerBuilder();
        builder.setEndpointsProviders(endpoints.build());
        builder.setObjectModelProvider(new StaticModelProvider(Objects.loadModels(models)));
        server = builder.build();
        server.getRegistrationService().addListener(new Registrations());
        server.getObservationService().addListener(new Observations());
        server.getSendService().addListener(new Sends());
    }

    public static void main(String[] args) throws Exception {
        if (Arrays.asList(args).contains("--help")) {
            System.out.println(USAGE);
            return;
        }
        String bind = "127.0.0.1";
        int port = 0;
        List<String> models = new ArrayList<>();
        for (int i = 0; i < args.length; i += 2) {
            String value = i + 1 < args.length ? args[i + 1] : "";
            switch (value.isEmpty() ? "" : args[i]) {
            case "--bind" -> bind = value;
            case "--port" -> port = Integer.parseInt(value);
            case "--model" -> models.add(value);
            default -> {
                System.err.println("leshan-server: unknown option or missing value: " + args[i]);
                System.exit(64);
            }
            }
        }
        LeshanServer peer = new LeshanServer(new InetSocketAddress(InetAddress.getByName(bind), port), models);
        peer.server.start();
        for (LwM2mServerEndpoint endpoint : peer.server.getEndpoints())
            Event.print("listening", endpoint.getURI());
        peer.runCommands();
        peer.server.destroy();
        System.exit(0);
    }

    private void runCommands() throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.trim().split("\\s+", 4);
            if (words[0].equals("quit"))
                return;
            try {
                if (!words[0].isEmpty())
                    run(words);
            } catch (RuntimeException e) {
                Event.print("error", e.getMessage() == null ? e : e.getMessage());
            }
        }
    }

    private void run(String[] words) throws InterruptedException {
        if (words.length < 3)
            throw new IllegalArgumentException("usage: COMMAND EP PATH [ARGUMENT]");
        Registration device = server.getRegistrationService().getByEndpoint(words[1]);
        if (device == null)
            throw new IllegalArgumentException("not registered: " + words[1]);
        String rest = words.length > 3 ? words[3] : "";
        String path = words[2];
        switch (words[0]) {
        case "read" -> read(device, path, rest);
        case "observe" -> observe(device, path);
        case "discover" -> discover(device, path);
        case "execute" -> done("executed", device, path, ask(device, new ExecuteRequest(path, rest)));
        case "write" -> done("written", device, path, ask(device, writeRequest(device, new LwM2mPath(path), rest)));
        default -> throw new IllegalArgumentException("unknown command: " + words[0]);
        }
    }

    private <T extends LwM2mResponse> T ask(Registration device, DownlinkDeviceManagementRequest<T> request)
            throws InterruptedException {
        T response = server.send(device, request, TIMEOUT_MS);
        if (response == null)
            throw new IllegalStateException("timeout: " + request);
        return response;
    }

    private static void done(String what, Registration device, String path, LwM2mResponse response) {
        Event.print(what, device.getEndpoint(), path, Event.code(response));
    }

    private void read(Registration device, String path, String format) throws InterruptedException {
        ContentFormat wanted = format.isEmpty() ? null : ContentFormat.fromName(format);
        ReadResponse response = ask(device, new ReadRequest(wanted, path));
        done("answered", device, path, response);
        if (response.isSuccess())
            Values.flatten(new LwM2mPath(path), response.getContent())
                    .forEach((at, text) -> Event.print("value", device.getEndpoint(), at, text));
    }

    private void observe(Registration device, String path) throws InterruptedException {
        ObserveResponse response = ask(device, new ObserveRequest(path));
        done("observed", device, path, response);
    }

    private void discover(Registration device, String path) throws InterruptedException {
        DiscoverResponse response = ask(device, new DiscoverRequest(path));
        done("discovered", device, path, response);
        if (response.isSuccess())
            Event.print("links", device.getEndpoint(), Values.showLinks(response.getObjectLinks()));
    }

    private WriteRequest writeRequest(Registration device, LwM2mPath path, String text) {
        if (!path.isResource())
            throw new IllegalArgumentException("not the path of a resource: " + path);
        ResourceModel model = server.getModelProvider().getObjectModel(device).getResourceModel(path.getObjectId(),
                path.getResourceId());
        if (model == null)
            throw new IllegalArgumentException("no definition of " + path);
        LwM2mResource value = model.multiple
                ? LwM2mMultipleResource.newResource(model.id, Values.parseMultiple(model.type, text), model.type)
                : LwM2mSingleResource.newResource(model.id, Values.parse(model.type, text), model.type);
        return new WriteRequest(WriteRequest.Mode.REPLACE, null, path, value);
    }

    private static final class Registrations implements RegistrationListener {
        @Override
        public void registered(Registration device, Registration former, Collection<Observation> gone) {
            Event.print("registered", device.getEndpoint(), device.getId(), "lwm2m=" + device.getLwM2mVersion(),
                    "lt=" + device.getLifeTimeInSec(), device.usesQueueMode() ? "queue" : "",
                    Values.showLinks(device.getSortedObjectLinks()));
        }

        @Override
        public void updated(RegistrationUpdate update, Registration device, Registration former) {
            Event.print("updated", device.getEndpoint());
        }

        @Override
        public void unregistered(Registration device, Collection<Observation> gone, boolean expired,
                Registration newer) {
            if (newer == null)
                Event.print(expired ? "expired" : "deregistered", device.getEndpoint());
        }
    }

    private static final class Observations implements ObservationListener {
        @Override
        public void newObservation(Observation observation, Registration device) {
            // Told by the answer to the command already.
        }

        @Override
        public void cancelled(Observation observation) {
            Event.print("cancelled", observation);
        }

        @Override
        public void onResponse(SingleObservation observation, Registration device, ObserveResponse response) {
            Values.flatten(observation.getPath(), response.getContent())
                    .forEach((at, text) -> Event.print("notified", device.getEndpoint(), at, text));
        }

        @Override
        public void onResponse(CompositeObservation observation, Registration device,
                ObserveCompositeResponse response) {
            // No command of ours observes several paths.
        }

        @Override
        public void onError(Observation observation, Registration device, Exception error) {
            Event.print("error", observation, error);
        }
    }

    private static final class Sends implements SendListener {
        @Override
        public void dataReceived(Registration device, TimestampedLwM2mNodes data, SendRequest request) {
            data.getFlattenNodes().forEach((path, node) -> Values.flatten(path, node)
                    .forEach((at, text) -> Event.print("sent", device.getEndpoint(), at, text)));
        }

        @Override
        public void onError(Registration device, String message, Exception error) {
            Event.print("error", device.getEndpoint(), message);
        }
    }
}
