// SPDX-License-Identifier: Apache-2.0
//
// Object 5 of LeshanClient: the state machine of LwM2M Core 1.1 Appendix E.6. A package is pushed to /5/0/0, or fetched from the URI in
// /5/0/1 over CoAP (with Californium) or HTTP (with java.net). It is what tests/fake/device/make_image writes: a line `TGFW VERSION MODEL
// CRC32`, then bytes. Update takes the client through state 3 to a new registration, with the new version in /3/0/3.

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

import org.eclipse.californium.core.CoapClient;
import org.eclipse.californium.core.CoapResponse;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.network.interceptors.MessageInterceptor;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.exception.ConnectorException;
import org.eclipse.leshan.client.resource.ObjectEnabler;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.request.argument.Arguments;
import org.eclipse.leshan.core.response.ExecuteResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.response.WriteResponse;
import org.eclipse.leshan.core.util.Hex;

public final class Firmware extends Objects.Instance {
    /** Bytes of the largest package. */
    static final int SIZE_MAX = 1 << 20;

    private static final int PACKAGE = 0;
    private static final int PACKAGE_URI = 1;
    private static final int UPDATE = 2;
    private static final int STATE = 3;
    private static final int RESULT = 5;
    private static final int PACKAGE_NAME = 6;
    private static final int PACKAGE_VERSION = 7;
    private static final int PROTOCOLS = 8;
    private static final int DELIVERY = 9;
    private static final int CANCEL = 10;
    private static final int DEVICE = 3;
    private static final int DEVICE_VERSION = 3;

    private static final long IDLE = 0;
    private static final long DOWNLOADING = 1;
    private static final long DOWNLOADED = 2;
    private static final long UPDATING = 3;

    private static final long OK = 1;
    private static final long LINK_LOST = 4;
    private static final long BAD_CHECKSUM = 5;
    private static final long BAD_TYPE = 6;
    private static final long BAD_URI = 7;
    private static final long BAD_PROTOCOL = 9;
    private static final long CANCELLED = 10;

    private static final int PATIENCE_S = 60;
    private static final long BOTH = 2;

    /** The one there is; its package may be on its way. */
    private static volatile Firmware only;

    private final long delivery;
    private long state = IDLE;
    private String version = "";
    private int generation; // of downloads: one that was reset says nothing any more

    /** What Leshan would make, were it asked to; object 5 has one instance. */
    public Firmware() {
        this("push");
    }

    /** @param way push, pull or both; only the last one has Cancel (/5/0/10) */
    Firmware(String way) {
        super(0, values(List.of("pull", "push", "both").indexOf(way)));
        delivery = List.of("pull", "push", "both").indexOf(way);
        only = this;
    }

    private static Map<Integer, Object> values(long delivery) {
        return new HashMap<>(Map.of(PACKAGE_URI, "", STATE, IDLE, RESULT, 0L, PACKAGE_NAME, "", PACKAGE_VERSION, "",
                PROTOCOLS, Map.of(0, 0L, 1, 2L), DELIVERY, delivery));
    }

    /** Sees the first block of a package, of which Leshan tells us only when all are there; a repeated one is none. */
    static MessageInterceptor watch() {
        return new MessageInterceptor() {
            private int seen = -1;

            @Override
            public void receiveRequest(Request request) {
                boolean first = request.getOptions().hasBlock1() && request.getOptions().getBlock1().getNum() == 0;
                if (!first || only == null || !"5/0/0".equals(request.getOptions().getUriPathString()))
                    return;
                if (request.getMID() != seen)
                    only.begin();
                seen = request.getMID();
            }
        };
    }

    /** Of all that changes state: Leshan holds it too while it writes, executes and notifies, so it is the only one. */
    private Object lock() {
        return getLwM2mClient().getObjectTree().getObjectEnabler(Options.FIRMWARE);
    }

    private void begin() {
        synchronized (lock()) {
            if (state == IDLE)
                enter(DOWNLOADING, 0);
        }
    }

    private void enter(long newState, long result) {
        state = newState;
        fireResourcesChange(applyValues(Map.of(STATE, newState, RESULT, result)));
        Event.print("firmware", "state", newState, "result", result);
    }

    private WriteResponse reset(String by) {
        if (state == UPDATING)
            return WriteResponse.methodNotAllowed();
        generation++;
        Event.print("firmware", "reset by", by);
        fireResourcesChange(applyValues(Map.of(PACKAGE_URI, "", PACKAGE_NAME, "", PACKAGE_VERSION, "")));
        enter(IDLE, 0);
        return WriteResponse.success();
    }

    @Override
    public ReadResponse read(LwM2mServer server, int id) {
        return id == PACKAGE ? ReadResponse.methodNotAllowed() : super.read(server, id);
    }

    @Override
    public WriteResponse write(LwM2mServer server, boolean replace, int id, LwM2mResource value) {
        if (server.isSystem())
            return super.write(server, replace, id, value);
        if (id == PACKAGE)
            return takePackage((byte[]) value.getValue());
        if (id == PACKAGE_URI)
            return takeUri((String) value.getValue());
        return WriteResponse.methodNotAllowed();
    }

    private WriteResponse takePackage(byte[] image) {
        if (image.length == 0 || image.length == 1 && image[0] == 0)
            return reset("an empty package");
        if (delivery == 0 || state > DOWNLOADING)
            return WriteResponse.methodNotAllowed();
        check(image);
        return WriteResponse.success();
    }

    private WriteResponse takeUri(String uri) {
        if (uri.isEmpty())
            return reset("an empty URI");
        if (delivery == 1 || state != IDLE)
            return WriteResponse.methodNotAllowed();
        fireResourcesChange(applyValues(Map.of(PACKAGE_URI, uri)));
        enter(DOWNLOADING, 0);
        int number = ++generation;
        Thread thread = new Thread(() -> download(uri, number), "download");
        thread.setDaemon(true);
        thread.start();
        return WriteResponse.success();
    }

    /** Fetches the package, and says how it went unless somebody has reset it meanwhile. */
    private void download(String uri, int number) {
        byte[] image = null;
        long result = LINK_LOST;
        try {
            URI from = new URI(uri);
            switch (String.valueOf(from.getScheme())) {
            case "coap" -> image = overCoap(uri);
            case "http" -> image = overHttp(from);
            default -> result = BAD_PROTOCOL;
            }
        } catch (java.net.URISyntaxException | IllegalArgumentException e) {
            result = BAD_URI;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | ConnectorException e) {
            Event.print("error", e);
        }
        synchronized (lock()) {
            if (number != generation || state != DOWNLOADING)
                return;
            if (image == null)
                enter(IDLE, result);
            else
                check(image);
        }
    }

    private static byte[] overCoap(String uri) throws IOException, ConnectorException {
        Configuration configuration = Configuration.createStandardWithoutFile();
        configuration.set(CoapConfig.MAX_RESOURCE_BODY_SIZE, SIZE_MAX);
        CoapEndpoint endpoint = CoapEndpoint.builder().setConfiguration(configuration)
                .setInetSocketAddress(new InetSocketAddress(0)).build();
        CoapClient client = new CoapClient(uri);
        try {
            client.setEndpoint(endpoint);
            client.setTimeout(Duration.ofSeconds(PATIENCE_S).toMillis());
            CoapResponse response = client.get();
            Event.print("firmware", "fetched by CoAP", response == null ? "no answer" : response.getCode());
            return response != null && response.isSuccess() ? response.getPayload() : null;
        } finally {
            client.shutdown();
            endpoint.destroy();
        }
    }

    private static byte[] overHttp(URI uri) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(PATIENCE_S)).build();
        HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
        Event.print("firmware", "fetched by HTTP", response.statusCode());
        return response.statusCode() == 200 ? response.body() : null;
    }

    /** All bytes are there: are they an image? */
    private void check(byte[] image) {
        Event.print("firmware", "image", image.length, "sha256", sha256(image));
        int end = 0;
        while (end < image.length && image[end] != '\n')
            end++;
        String[] words = new String(image, 0, end, StandardCharsets.US_ASCII).split(" ");
        if (end == image.length || words.length != 4 || !words[0].equals("TGFW")) {
            enter(IDLE, BAD_TYPE);
            return;
        }
        CRC32 crc = new CRC32();
        crc.update(image, end + 1, image.length - end - 1);
        if (!words[3].equals(String.format("%08x", crc.getValue()))) {
            enter(IDLE, BAD_CHECKSUM);
            return;
        }
        version = words[1];
        fireResourcesChange(applyValues(Map.of(PACKAGE_NAME, words[2], PACKAGE_VERSION, version)));
        enter(DOWNLOADED, 0);
    }

    private static String sha256(byte[] bytes) {
        try {
            return Hex.encodeHexString(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public ExecuteResponse execute(LwM2mServer server, int id, Arguments arguments) {
        if (id == UPDATE && state == DOWNLOADED) {
            enter(UPDATING, 0);
            Account.later(this::restart);
            return ExecuteResponse.success();
        }
        if (id == CANCEL && delivery == BOTH && (state == DOWNLOADING || state == DOWNLOADED)) {
            generation++;
            enter(IDLE, CANCELLED);
            return ExecuteResponse.success();
        }
        return ExecuteResponse.methodNotAllowed();
    }

    /** The new image runs: it says its version, and registers anew. */
    private void restart() {
        getLwM2mClient().stop(false);
        ObjectEnabler device = (ObjectEnabler) getLwM2mClient().getObjectTree().getObjectEnabler(DEVICE);
        device.getInstance(0).write(LwM2mServer.SYSTEM, true, DEVICE_VERSION,
                LwM2mSingleResource.newStringResource(DEVICE_VERSION, version));
        Event.print("firmware", "version", version);
        synchronized (lock()) {
            enter(IDLE, OK);
        }
        getLwM2mClient().start();
    }
}
