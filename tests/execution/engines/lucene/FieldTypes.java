import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The index mapping: a type for each field, a name ending in `.*` standing for all below it. */
final class FieldTypes {
    /** The longest keyword that the ECS templates have indexed, in characters. */
    static final int IGNORE_ABOVE = 1024;

    enum Type { KEYWORD, WILDCARD, IP, LONG, HIERARCHY, UNMAPPED }

    private final Map<String, Type> types;

    FieldTypes(Map<String, Type> types) {
        this.types = types;
    }

    static FieldTypes parse(JsonObject schema) {
        Map<String, Type> types = new HashMap<>();
        for (Map.Entry<String, JsonElement> entry : schema.entrySet()) {
            String type = entry.getValue().getAsString().toUpperCase(Locale.ROOT);
            types.put(entry.getKey(), Type.valueOf(type));
        }
        return new FieldTypes(types);
    }

    Type of(String field) {
        if (types.containsKey(field)) {
            return types.get(field);
        }
        int dot = field.lastIndexOf('.');
        String parent = dot < 0 ? "*" : field.substring(0, dot) + ".*";
        return types.getOrDefault(parent, Type.UNMAPPED);
    }

    /** The sub-fields of a field that hold a DNS name and every name above it. */
    List<String> hierarchies(String field) {
        List<String> found = new ArrayList<>();
        for (Map.Entry<String, Type> entry : types.entrySet()) {
            String name = entry.getKey();
            if (entry.getValue() == Type.HIERARCHY
                    && name.substring(0, name.lastIndexOf('.')).equals(field)) {
                found.add(name);
            }
        }
        return found;
    }

    Iterable<String> names() {
        return types.keySet();
    }
}
