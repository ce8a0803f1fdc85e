// SPDX-License-Identifier: Apache-2.0
//
// One event, one line, at once: the peers' standard output is read by tests while they run.

import org.eclipse.leshan.core.response.LwM2mResponse;

final class Event {
    private Event() {
    }

    /** Prints the words that are not empty, separated by blanks. */
    static synchronized void print(Object... words) {
        StringBuilder line = new StringBuilder();
        for (Object word : words) {
            String text = String.valueOf(word);
            if (!text.isEmpty())
                line.append(line.length() > 0 ? " " : "").append(text.replace('\n', ' ').replace('\r', ' '));
        }
        System.out.println(line);
        System.out.flush();
    }

    /** An operation of the server; the code is added when the operation was refused. */
    static void print(String what, Object path, String detail, LwM2mResponse response) {
        print(what, path, detail, response.isSuccess() ? "" : "refused " + code(response));
    }

    /** "2.05" and the like. */
    static String code(LwM2mResponse response) {
        int code = response.getCode().getCode();
        return code / 100 + "." + String.format("%02d", code % 100);
    }
}
