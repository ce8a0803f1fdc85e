// SPDX-License-Identifier: Apache-2.0
//
// Object 1 of LeshanClient: Leshan's own, and what OMA's test cases want beside it: Disable (4), its timeout (5) and Mute Send (23). What a
// server sets off here (the client leaves, or starts anew) is done a moment later, behind the answer.

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.request.argument.Arguments;
import org.eclipse.leshan.core.response.ExecuteResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.response.WriteResponse;

public final class Account extends Server {
    private static final int DISABLE = 4;
    private static final int DISABLE_TIMEOUT = 5;
    private static final int MUTE_SEND = 23;
    private static final long BEHIND_ANSWER_MS = 300;
    private static final ScheduledExecutorService LATER = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "later");
        thread.setDaemon(true);
        return thread;
    });

    /** Set by the client as soon as it is there. */
    static volatile Runnable leave = () -> {};
    static volatile Runnable startAnew = () -> {};
    static volatile boolean muted;

    private long disableTimeout = 86400;

    /** What Leshan makes instances of that a server creates. */
    public Account() {
        super();
    }

    Account(Options options) {
        super(Options.SHORT_SERVER_ID, options.lifetime, options.binding, false, null);
    }

    static void later(Runnable what) {
        LATER.schedule(what, BEHIND_ANSWER_MS, TimeUnit.MILLISECONDS);
    }

    @Override
    public ReadResponse read(LwM2mServer server, int id) {
        if (id == DISABLE_TIMEOUT)
            return ReadResponse.success(id, disableTimeout);
        return id == MUTE_SEND ? ReadResponse.success(id, muted) : super.read(server, id);
    }

    @Override
    public WriteResponse write(LwM2mServer server, boolean replace, int id, LwM2mResource value) {
        if (id == DISABLE_TIMEOUT)
            disableTimeout = (Long) value.getValue();
        else if (id == MUTE_SEND)
            muted = (Boolean) value.getValue();
        else
            return super.write(server, replace, id, value);
        fireResourceChange(id);
        return WriteResponse.success();
    }

    @Override
    public ExecuteResponse execute(LwM2mServer server, int id, Arguments arguments) {
        if (id != DISABLE)
            return super.execute(server, id, arguments);
        later(leave);
        return ExecuteResponse.success();
    }

    @Override
    public List<Integer> getAvailableResourceIds(ObjectModel model) {
        List<Integer> ids = new ArrayList<>(super.getAvailableResourceIds(model));
        for (int id : new int[] { DISABLE, DISABLE_TIMEOUT, MUTE_SEND }) {
            if (model.resources.containsKey(id) && !ids.contains(id))
                ids.add(id);
        }
        return ids;
    }
}
