import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.lucene.analysis.core.KeywordAnalyzer;
import org.apache.lucene.document.BinaryPoint;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.ByteBuffersDirectory;

/**
 * Runs Lucene query strings over events, as Elasticsearch's query_string does.
 *
 * One JSON object a line on standard input, one on standard output:
 * {"schema": {field: type}}                        -> {"ok": true}
 * {"parse": query}                                 -> {"ok": true} or {"refused": reason}
 * {"query": query, "events": [{field: [values]}]}  -> {"hits": [positions]} or {"refused": reason}
 * {"query": query} searches the events handed in last; a query that is an object is the DSL's.
 */
public final class LuceneEngine {
    private static final String POSITION = "_position";

    private final Gson gson = new Gson();
    private FieldTypes types = new FieldTypes(Map.of());
    private IndexSearcher searcher;

    public static void main(String[] arguments) throws IOException {
        LuceneEngine engine = new LuceneEngine();
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(engine.answer(line));
        }
    }

    private String answer(String line) throws IOException {
        JsonObject request = gson.fromJson(line, JsonObject.class);
        JsonObject answer = new JsonObject();
        try {
            if (request.has("schema")) {
                types = FieldTypes.parse(request.getAsJsonObject("schema"));
            } else if (request.has("parse")) {
                query(request.get("parse"));
            } else {
                if (request.has("events")) {
                    index(request.getAsJsonArray("events"));
                }
                answer.add("hits", search(query(request.get("query"))));
            }
            answer.addProperty("ok", true);
        } catch (RefusedException refused) {
            answer.addProperty("refused", refused.getMessage());
        }
        return gson.toJson(answer);
    }

    private void index(JsonArray events) throws IOException {
        ByteBuffersDirectory directory = new ByteBuffersDirectory();
        try (IndexWriter writer =
                new IndexWriter(directory, new IndexWriterConfig(new KeywordAnalyzer()))) {
            for (int position = 0; position < events.size(); position++) {
                Document document = new Document();
                document.add(new StoredField(POSITION, position));
                for (Map.Entry<String, JsonElement> entry
                        : events.get(position).getAsJsonObject().entrySet()) {
                    for (JsonElement value : entry.getValue().getAsJsonArray()) {
                        add(document, entry.getKey(), value.getAsString());
                    }
                }
                writer.addDocument(document);
            }
        }
        searcher = new IndexSearcher(DirectoryReader.open(directory));
    }

    private void add(Document document, String name, String value) {
        switch (types.of(name)) {
            case UNMAPPED:
                return;
            case IP:
                document.add(new BinaryPoint(name, Addresses.bytes(value)));
                break;
            case LONG:
                document.add(new LongPoint(name, Long.parseLong(value)));
                break;
            case KEYWORD:
                // Beyond `ignore_above` a keyword is kept in the source but cannot be searched.
                if (value.codePointCount(0, value.length()) > FieldTypes.IGNORE_ABOVE) {
                    return;
                }
                document.add(new StringField(name, value, Field.Store.NO));
                break;
            default:
                document.add(new StringField(name, value, Field.Store.NO));
        }
        types.subfields(name, value).forEach((subfield, terms) ->
            terms.forEach(term -> document.add(new StringField(subfield, term, Field.Store.NO))));
        // Elasticsearch answers `_exists_` for a field and for each object above it.
        for (int dot = name.length(); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
            String existing = name.substring(0, dot);
            document.add(new StringField(ElasticQueryParser.FIELD_NAMES, existing, Field.Store.NO));
        }
    }

    private Query query(JsonElement given) {
        return given.isJsonObject()
            ? new ElasticDsl(types).query(given.getAsJsonObject())
            : new ElasticQueryParser(types).query(given.getAsString());
    }

    private JsonArray search(Query query) throws IOException {
        List<Integer> hits = new ArrayList<>();
        for (ScoreDoc hit : searcher.search(query, Integer.MAX_VALUE - 1).scoreDocs) {
            hits.add(searcher.doc(hit.doc).getField(POSITION).numericValue().intValue());
        }
        return gson.toJsonTree(hits).getAsJsonArray();
    }
}
