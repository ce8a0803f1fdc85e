// SPDX-License-Identifier: Apache-2.0
//
// The command line of LeshanClient.

import java.net.InetAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.util.Hex;

final class Options {
    static final int SHORT_SERVER_ID = 123;
    static final int FIRMWARE = 5;
    static final String USAGE = String.join(System.lineSeparator(),
            "usage: leshan-client --endpoint NAME --server coap://HOST:PORT [option...]",
            "  --bind ADDRESS       local address (of the server's family on loopback, else any)",
            "  --port N             local UDP port (0: any)",
            "  --lifetime S         lifetime in seconds (300)",
            "  --binding MODES      LwM2M 1.1 binding, such as U or UT (U)",
            "  --queue              register in queue mode (Q); the client itself stays reachable",
            "  --attr NAME=VALUE    one more parameter of Register; may be repeated",
            "  --update-every S     send an Update that often (by lifetime)",
            "  --model FILE.xml     object definition; may be repeated; that of 3442 brings the test object",
            "  --object ID[:COUNT]  one more object (4 and 5 and 6 have useful values); may be repeated",
            "  --firmware WAY       object 5 with push, pull or both, the last one with Cancel; else it has push",
            "  --format NAME        format of answers where the server asks for none: TLV, JSON, SENML_JSON, SENML_CBOR",
            "  --temperature-every S  seconds between changes of /3303/0/5700 (5; 0: only by `set`)",
            "  --block-size N       CoAP block size, and largest payload without blocks (californium's 512, 1024)",
            "  --psk-identity ID --psk-key HEX   DTLS with a pre-shared key; the server is then coaps://",
            "  --cid N              offer a DTLS Connection ID of N bytes",
            "commands on standard input, one a line:",
            "  set PATH VALUE     change a value (a multiple resource: {0=a, 1=b}); by it, /3303/0/5700 stops moving",
            "  get PATH           print a value",
            "  add /O/I, remove /O/I   add or remove an object instance",
            "  send [FORMAT] PATH...   Send operation, SENML_CBOR or SENML_JSON",
            "  update, deregister, register, quit");

    String endpoint;
    String server;
    InetAddress bind;
    int port;
    long lifetime = 300;
    EnumSet<BindingMode> binding = EnumSet.of(BindingMode.U);
    boolean queue;
    final Map<String, String> attributes = new LinkedHashMap<>();
    int updateEvery;
    final List<String> models = new ArrayList<>();
    final Map<Integer, Integer> objects = new TreeMap<>();
    String firmware = "push";
    ContentFormat format;
    int temperatureEvery = 5;
    int blockSize;
    byte[] pskIdentity;
    byte[] pskKey;
    Integer cid;

    /** Throws IllegalArgumentException with a sentence for the user. */
    static Options parse(String[] args) throws Exception {
        Options options = new Options();
        for (int i = 0; i < args.length; i++) {
            if (args[i].equals("--queue")) {
                options.queue = true;
                continue;
            }
            if (i + 1 == args.length)
                throw new IllegalArgumentException("unknown option or missing value: " + args[i]);
            try {
                options.take(args[i], args[i + 1]);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(args[i] + " " + args[i + 1] + ": " + e.getMessage(), e);
            }
            i++;
        }
        options.check();
        return options;
    }

    private void take(String name, String value) throws Exception {
        switch (name) {
        case "--endpoint" -> endpoint = value;
        case "--server" -> server = value;
        case "--bind" -> bind = InetAddress.getByName(value);
        case "--port" -> port = Integer.parseInt(value);
        case "--lifetime" -> lifetime = Long.parseLong(value);
        case "--binding" -> binding = BindingMode.parse(value);
        case "--attr" -> attributes.put(value.split("=", 2)[0], value.contains("=") ? value.split("=", 2)[1] : null);
        case "--update-every" -> updateEvery = Integer.parseInt(value);
        case "--model" -> models.add(value);
        case "--object" -> takeObject(value.split(":", 2));
        case "--firmware" -> takeFirmware(value);
        case "--format" -> format = parseFormat(value);
        case "--temperature-every" -> temperatureEvery = Integer.parseInt(value);
        case "--block-size" -> blockSize = Integer.parseInt(value);
        case "--psk-identity" -> pskIdentity = value.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        case "--psk-key" -> pskKey = Hex.decodeHex(value.toCharArray());
        case "--cid" -> cid = Integer.valueOf(value);
        default -> throw new IllegalArgumentException("unknown option");
        }
    }

    private static ContentFormat parseFormat(String name) {
        ContentFormat found = ContentFormat.fromName(name);
        if (found == null)
            throw new IllegalArgumentException("unknown format");
        return found;
    }

    private void takeFirmware(String way) {
        if (!List.of("push", "pull", "both").contains(way))
            throw new IllegalArgumentException("expected push, pull or both");
        firmware = way;
        objects.put(FIRMWARE, 1);
    }

    private void takeObject(String[] parts) {
        objects.put(Integer.valueOf(parts[0]), parts.length > 1 ? Integer.parseInt(parts[1]) : 1);
    }

    private void check() throws Exception {
        if (endpoint == null || server == null)
            throw new IllegalArgumentException("--endpoint and --server are needed");
        if ((pskIdentity == null) != (pskKey == null))
            throw new IllegalArgumentException("--psk-identity and --psk-key go together");
        URI uri = new URI(server);
        boolean secure = "coaps".equals(uri.getScheme());
        if (uri.getHost() == null || uri.getPort() < 0 || !(secure || "coap".equals(uri.getScheme())))
            throw new IllegalArgumentException("--server must be coap://HOST:PORT or coaps://HOST:PORT");
        if (secure != (pskKey != null))
            throw new IllegalArgumentException("coaps:// needs --psk-identity and --psk-key, coap:// takes none");
        InetAddress target = InetAddress.getByName(uri.getHost());
        if (bind == null && target.isLoopbackAddress())
            bind = target;
    }

    String bindingText() {
        return BindingMode.toString(binding);
    }
}
