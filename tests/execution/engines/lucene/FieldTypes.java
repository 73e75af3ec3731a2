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

    enum Type {
        KEYWORD, WILDCARD, IP, LONG, HIERARCHY, LOWERCASE, UNMAPPED;

        /** Whether it is what a sub-field has of its field's values. */
        boolean isSubfield() {
            return this == HIERARCHY || this == LOWERCASE;
        }
    }

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

    /** The sub-fields of a field, each with the terms that it has of a value. */
    Map<String, List<String>> subfields(String field, String value) {
        Map<String, List<String>> found = new HashMap<>();
        for (Map.Entry<String, Type> entry : types.entrySet()) {
            String name = entry.getKey();
            Type type = entry.getValue();
            if (type.isSubfield()
                    && name.substring(0, name.lastIndexOf('.')).equals(field)) {
                String lower = value.toLowerCase(Locale.ROOT);
                found.put(name, type == Type.LOWERCASE ? List.of(lower) : hierarchy(lower));
            }
        }
        return found;
    }

    /** A DNS name without its closing dot, and every name above it: reversed path_hierarchy. */
    private static List<String> hierarchy(String lower) {
        String host = lower.replaceAll("\\.$", "");
        List<String> found = new ArrayList<>(List.of(host));
        for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
            found.add(host.substring(dot + 1));
        }
        return found;
    }

    Iterable<String> names() {
        return types.keySet();
    }
}
