// SPDX-License-Identifier: Apache-2.0
//
// Turns LwM2M values into the one-line text that the peers print and read, both ways. Strings are
// quoted, opaque values are 0x…, times are Unix seconds, object links are O:I, core links are
// link-format, multiple resources are {id=value, …}. Used by LeshanClient and LeshanServer.

import java.math.BigInteger;
import java.util.Collection;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

import org.eclipse.leshan.core.link.DefaultLinkParser;
import org.eclipse.leshan.core.link.DefaultLinkSerializer;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.link.LinkParseException;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.LwM2mChildNode;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;
import org.eclipse.leshan.core.node.LwM2mRoot;
import org.eclipse.leshan.core.node.ObjectLink;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.core.util.datatype.ULong;

final class Values {
    private static final int BYTES_SHOWN = 8192;

    private Values() {
    }

    /** Parses text of the form described above as a single value of the given type. */
    static Object parse(Type type, String text) {
        switch (type) {
        case STRING:
            return unquote(text);
        case INTEGER:
            return Long.valueOf(text);
        case UNSIGNED_INTEGER:
            return ULong.valueOf(new BigInteger(text));
        case FLOAT:
            return Double.valueOf(text);
        case BOOLEAN:
            return parseBoolean(text);
        case OPAQUE:
            return Hex.decodeHex((text.startsWith("0x") ? text.substring(2) : text).toCharArray());
        case TIME:
            return new Date(Math.multiplyExact(Long.parseLong(text), 1000L));
        case OBJLNK:
            return ObjectLink.decodeFromString(text);
        case CORELINK:
            return parseLinks(text);
        default:
            throw new IllegalArgumentException("a resource of type " + type + " has no value");
        }
    }

    /** Parses {0=a, 3=b} as the instances of a multiple resource; text without braces is {0=text}. */
    static Map<Integer, Object> parseMultiple(Type type, String text) {
        Map<Integer, Object> values = new LinkedHashMap<>();
        if (!text.startsWith("{") || !text.endsWith("}")) {
            values.put(0, parse(type, text));
            return values;
        }
        String inner = text.substring(1, text.length() - 1).trim();
        for (String part : inner.isEmpty() ? new String[0] : inner.split("\\s*,\\s*")) {
            String[] pair = part.split("=", 2);
            if (pair.length != 2)
                throw new IllegalArgumentException("expected ID=VALUE, got " + part);
            values.put(Integer.valueOf(pair[0].trim()), parse(type, pair[1].trim()));
        }
        return values;
    }

    /** All resources under a node: full path to text, in order. */
    static Map<String, String> flatten(LwM2mPath path, LwM2mNode node) {
        Map<LwM2mPath, String> found = new TreeMap<>();
        flatten(found, path, node);
        Map<String, String> lines = new LinkedHashMap<>();
        found.forEach((at, text) -> lines.put(at.toString(), text));
        return lines;
    }

    private static void flatten(Map<LwM2mPath, String> found, LwM2mPath path, LwM2mNode node) {
        if (node instanceof LwM2mRoot)
            flattenAll(found, LwM2mPath.ROOTPATH, ((LwM2mRoot) node).getObjects().values());
        else if (node instanceof LwM2mObject)
            flattenAll(found, path, ((LwM2mObject) node).getInstances().values());
        else if (node instanceof LwM2mObjectInstance)
            flattenAll(found, path, ((LwM2mObjectInstance) node).getResources().values());
        else
            found.put(path, show(node));
    }

    private static void flattenAll(Map<LwM2mPath, String> found, LwM2mPath parent,
            Collection<? extends LwM2mChildNode> children) {
        for (LwM2mChildNode child : children)
            flatten(found, parent.append(child.getId()), child);
    }

    /** The text of a resource or resource instance. */
    static String show(LwM2mNode node) {
        if (node instanceof LwM2mResourceInstance)
            return showValue(((LwM2mResourceInstance) node).getValue());
        LwM2mResource resource = (LwM2mResource) node;
        if (!resource.isMultiInstances())
            return showValue(resource.getValue());
        return new TreeMap<>(resource.getInstances()).entrySet().stream()
                .map(entry -> entry.getKey() + "=" + showValue(entry.getValue().getValue()))
                .collect(Collectors.joining(", ", "{", "}"));
    }

    private static String showBytes(byte[] bytes) {
        return bytes.length > BYTES_SHOWN ? bytes.length + " bytes" : "0x" + Hex.encodeHexString(bytes);
    }

    private static String showValue(Object value) {
        if (value instanceof String)
            return quote((String) value);
        if (value instanceof byte[])
            return showBytes((byte[]) value);
        if (value instanceof Date)
            return Long.toString(Math.floorDiv(((Date) value).getTime(), 1000L));
        if (value instanceof ObjectLink)
            return ((ObjectLink) value).encodeToString();
        if (value instanceof Link[])
            return showLinks((Link[]) value);
        return String.valueOf(value);
    }

    /** Link-format on one line. */
    static String showLinks(Link[] links) {
        return new DefaultLinkSerializer().serializeCoreLinkFormat(links);
    }

    /** Quotes as JSON does, so that an event is one line whatever the device was sent. */
    static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\')
                out.append('\\').append(c);
            else if (c < ' ')
                out.append(String.format("\\u%04x", (int) c));
            else
                out.append(c);
        }
        return out.append('"').toString();
    }

    private static String unquote(String text) {
        boolean quoted = text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"");
        if (!quoted)
            return text;
        StringBuilder out = new StringBuilder();
        String inner = text.substring(1, text.length() - 1);
        for (int i = 0; i < inner.length(); i++) {
            char c = inner.charAt(i);
            if (c != '\\' || i + 1 == inner.length()) {
                out.append(c);
                continue;
            }
            char escaped = inner.charAt(++i);
            if (escaped == 'u' && i + 4 < inner.length()) {
                out.append((char) Integer.parseInt(inner.substring(i + 1, i + 5), 16));
                i += 4;
            } else {
                out.append(escaped == 'n' ? '\n' : escaped);
            }
        }
        return out.toString();
    }

    private static Boolean parseBoolean(String text) {
        if (text.equals("true") || text.equals("1"))
            return true;
        if (text.equals("false") || text.equals("0"))
            return false;
        throw new IllegalArgumentException("expected true or false, got " + text);
    }

    private static Link[] parseLinks(String text) {
        try {
            return new DefaultLinkParser().parseCoreLinkFormat(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        } catch (LinkParseException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
