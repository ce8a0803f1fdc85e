// SPDX-License-Identifier: Apache-2.0
//
// The objects of LeshanClient: their definitions (Leshan's own, the XML files given, and a built-in
// 3303 so that the client runs without the registry data) and instances whose values can be set from
// outside. Every operation of the server on them is told as one line of standard output.

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.eclipse.leshan.client.object.LwM2mTestObject;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.resource.LwM2mInstanceEnabler;
import org.eclipse.leshan.client.resource.LwM2mObjectEnabler;
import org.eclipse.leshan.client.resource.ObjectEnabler;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.resource.SimpleInstanceEnabler;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.model.InvalidDDFFileException;
import org.eclipse.leshan.core.model.InvalidModelException;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Operations;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.request.CreateRequest;
import org.eclipse.leshan.core.request.DeleteRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.WriteAttributesRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.request.argument.Arguments;
import org.eclipse.leshan.core.response.CreateResponse;
import org.eclipse.leshan.core.response.DeleteResponse;
import org.eclipse.leshan.core.response.ExecuteResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.response.WriteAttributesResponse;
import org.eclipse.leshan.core.response.WriteResponse;

final class Objects extends ObjectsInitializer {
    static final int TEMPERATURE = 3303;
    static final int TEST_OBJECT = 3442;
    private static final int DEVICE = 3;
    private static final int REBOOT = 4;

    private Objects(StaticModel model) {
        super(model);
    }

    /** Definitions by object id; files given later win over earlier ones and over the built-in ones. */
    static StaticModel loadModels(List<String> files)
            throws IOException, InvalidModelException, InvalidDDFFileException {
        Map<Integer, ObjectModel> models = new TreeMap<>();
        for (ObjectModel model : ObjectLoader.loadDefault())
            models.put(model.id, model);
        models.put(TEMPERATURE, temperatureModel());
        for (String file : files) {
            try (InputStream in = new FileInputStream(file)) {
                for (ObjectModel model : ObjectLoader.loadDdfFile(in, file))
                    models.put(model.id, model);
            }
        }
        return new StaticModel(models.values());
    }

    /** Builds all objects as the options say. */
    static List<LwM2mObjectEnabler> create(Options options) throws Exception {
        StaticModel model = loadModels(options.models);
        Objects objects = new Objects(model);
        objects.setInstancesForObject(0, security(options));
        objects.setInstancesForObject(1, new Account(options));
        objects.setInstancesForObject(3, new Instance(0, deviceValues(options)));
        objects.setInstancesForObject(TEMPERATURE, new Instance(0, temperatureValues()));
        if (model.getObjectModel(TEST_OBJECT) != null)
            objects.setInstancesForObject(TEST_OBJECT, new LwM2mTestObject());
        for (Map.Entry<Integer, Integer> more : options.objects.entrySet())
            objects.addOptional(more.getKey(), more.getValue(), options.firmware);
        if (options.format != null)
            model.getObjectModels().forEach(each -> objects.setDefaultContentFormat(each.id, options.format));
        return objects.createAll();
    }

    private void addOptional(int id, int count, String firmware) {
        LwM2mInstanceEnabler[] instances = new LwM2mInstanceEnabler[count];
        for (int i = 0; i < count; i++)
            instances[i] = id == Options.FIRMWARE ? new Firmware(firmware) : new Instance(i, optionalValues(id));
        setInstancesForObject(id, instances);
    }

    private static Security security(Options options) {
        if (options.pskIdentity == null)
            return Security.noSec(options.server, Options.SHORT_SERVER_ID);
        return Security.psk(options.server, Options.SHORT_SERVER_ID, options.pskIdentity, options.pskKey);
    }

    private static Map<Integer, Object> deviceValues(Options options) {
        Map<Integer, Object> values = new HashMap<>();
        values.put(0, "Eclipse Leshan");
        values.put(1, "tidegate interop peer");
        values.put(2, options.endpoint);
        values.put(3, "1.0.0");
        values.put(6, Map.of(0, 1L, 1, 5L));
        values.put(7, Map.of(0, 3800L, 1, 5000L));
        values.put(8, Map.of(0, 125L, 1, 900L));
        values.put(9, 92L);
        values.put(10, 15000L);
        values.put(11, Map.of(0, 0L));
        values.put(13, new Date());
        values.put(14, "+00:00");
        values.put(15, "Etc/UTC");
        values.put(16, options.bindingText());
        return values;
    }

    private static Map<Integer, Object> temperatureValues() {
        Map<Integer, Object> values = new HashMap<>();
        values.put(5700, 20.0);
        values.put(5601, 20.0);
        values.put(5602, 20.0);
        values.put(5603, -40.0);
        values.put(5604, 125.0);
        values.put(5701, "Cel");
        return values;
    }

    /** Values of the objects that have useful ones; null lets Leshan fill in zeros. */
    private static Map<Integer, Object> optionalValues(int id) {
        if (id == 4)
            return new HashMap<>(Map.of(0, 41L, 1, Map.of(0, 41L), 2, -76L, 4, Map.of(0, "127.0.0.1"), 8, 1234L));
        if (id == 6)
            return new HashMap<>(Map.of(0, 52.52, 1, 13.405, 2, 34.0, 5, new Date()));
        return null;
    }

    private static ObjectModel temperatureModel() {
        return new ObjectModel(TEMPERATURE, "Temperature", "", "1.0", true, false,
                resource(5700, "Sensor Value", Operations.R, true, Type.FLOAT),
                resource(5601, "Min Measured Value", Operations.R, false, Type.FLOAT),
                resource(5602, "Max Measured Value", Operations.R, false, Type.FLOAT),
                resource(5603, "Min Range Value", Operations.R, false, Type.FLOAT),
                resource(5604, "Max Range Value", Operations.R, false, Type.FLOAT),
                resource(5701, "Sensor Units", Operations.R, false, Type.STRING),
                resource(5605, "Reset Min and Max Measured Values", Operations.E, false, Type.NONE));
    }

    private static ResourceModel resource(int id, String name, Operations operations, boolean mandatory, Type type) {
        return new ResourceModel(id, name, operations, false, mandatory, type, "", "", "");
    }

    @Override
    protected LwM2mObjectEnabler createNodeEnabler(ObjectModel model) {
        ObjectEnabler plain = (ObjectEnabler) super.createNodeEnabler(model);
        Map<Integer, LwM2mInstanceEnabler> instances = new HashMap<>();
        for (int id : plain.getAvailableInstanceIds())
            instances.put(id, plain.getInstance(id));
        return new Told(model, instances, this);
    }

    /** An instance that holds whatever was set or written last, and answers every execute. */
    public static class Instance extends SimpleInstanceEnabler {
        public Instance() {
            super();
        }

        Instance(int id, Map<Integer, Object> values) {
            super(id);
            initialValues = values;
        }

        @Override
        public WriteResponse write(LwM2mServer server, boolean replace, int id, LwM2mResource value) {
            ResourceModel resource = getModel().resources.get(id);
            // Leshan expects the old value of a multiple resource to be there.
            if (resource != null && resource.multiple && !resources.containsKey(id))
                resources.put(id, org.eclipse.leshan.core.node.LwM2mMultipleResource.newResource(id, Map.of(),
                        resource.type));
            return super.write(server, replace, id, value);
        }

        @Override
        public ExecuteResponse execute(LwM2mServer server, int id, Arguments arguments) {
            ResourceModel resource = getModel().resources.get(id);
            if (resource == null)
                return ExecuteResponse.notFound();
            if (!resource.operations.isExecutable())
                return ExecuteResponse.methodNotAllowed();
            if (getModel().id == DEVICE && id == REBOOT)
                Account.later(Account.startAnew);
            return ExecuteResponse.success();
        }
    }

    /** An object that prints what a server does to it. What the client does itself is not told. */
    private static final class Told extends ObjectEnabler {
        Told(ObjectModel model, Map<Integer, LwM2mInstanceEnabler> instances, Objects objects) {
            super(model.id, model, instances, objects.getFactoryFor(model), objects.getContentFormat(model.id));
        }

        private static boolean quiet(LwM2mServer server) {
            return server.isSystem();
        }

        @Override
        protected ReadResponse doRead(LwM2mServer server, ReadRequest request) {
            if (!quiet(server))
                Event.print("read", request.getPath());
            return super.doRead(server, request);
        }

        @Override
        protected ObserveResponse doObserve(LwM2mServer server, ObserveRequest request) {
            // Also called for each notification: this line tells that a value goes out.
            if (!quiet(server))
                Event.print("observe", request.getPath());
            return super.doObserve(server, request);
        }

        @Override
        protected WriteResponse doWrite(LwM2mServer server, WriteRequest request) {
            WriteResponse response = super.doWrite(server, request);
            if (!quiet(server))
                Values.flatten(request.getPath(), request.getNode())
                        .forEach((path, text) -> Event.print("write", path, text, response));
            return response;
        }

        @Override
        protected ExecuteResponse doExecute(LwM2mServer server, ExecuteRequest request) {
            ExecuteResponse response = super.doExecute(server, request);
            String arguments = request.getArguments().serialize();
            if (!quiet(server))
                Event.print("execute", request.getPath(), arguments == null ? "" : arguments, response);
            return response;
        }

        @Override
        protected CreateResponse doCreate(LwM2mServer server, CreateRequest request) {
            CreateResponse response = super.doCreate(server, request);
            String where = response.getLocation() == null ? "" : response.getLocation();
            if (!quiet(server))
                Event.print("create", request.getPath(), where, response);
            return response;
        }

        @Override
        protected DeleteResponse doDelete(LwM2mServer server, DeleteRequest request) {
            DeleteResponse response = super.doDelete(server, request);
            if (!quiet(server))
                Event.print("delete", request.getPath(), "", response);
            return response;
        }

        @Override
        public synchronized WriteAttributesResponse writeAttributes(LwM2mServer server,
                WriteAttributesRequest request) {
            WriteAttributesResponse response = super.writeAttributes(server, request);
            Event.print("attributes", request.getPath(), request.getAttributes().toString(), response);
            return response;
        }
    }
}
