import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.lucene.analysis.core.KeywordAnalyzer;
import org.apache.lucene.document.BinaryPoint;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.RegexpQuery;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.Accountable;
import org.apache.lucene.util.automaton.ByteRunAutomaton;
import org.apache.lucene.util.automaton.RegExp;

/**
 * Measures what queries cost Lucene over an index of events.
 *
 * `LuceneCost index FOLDER EVENTS TERMS SHOWN` makes the index: so many events, with so many
 * distinct values in each field, and those of the file SHOWN (JSON, field to values) among them.
 *
 * `LuceneCost run FOLDER` reads a JSON object a line and answers one a line:
 * {"query": text or object}                              a query string, or the DSL's clause
 * {"field": name, "regexps": [...], "fold": true}        regular expressions, any of them
 *   -> {"seconds": CPU time of the thread, "hits": events, "bytes": of automata, "leaves": clauses}
 *   or {"refused": reason}. With {"parse": true} a query is only compiled.
 */
public final class LuceneCost {
    private static final Map<String, String> CONSTANT =
        Map.of("event.category", "process", "event.type", "start");
    private static final Map<String, String> SCHEMA = new TreeMap<>(Map.of(
        "destination.ip", "ip",
        "dns.question.name", "keyword",
        "dns.question.name.hierarchy", "hierarchy",
        "email.from.address", "keyword",
        "email.from.address.lower", "lowercase",
        "process.hash.sha256", "keyword",
        "rule.name", "keyword",
        "url.full", "wildcard",
        "url.original", "wildcard",
        "vulnerability.id", "keyword"));
    private static final String[] ENDINGS = {
        "com", "net", "org", "de", "co.uk", "io", "ru", "info", "xyz", "top", "online", "cn"};

    private final Gson gson = new Gson();
    private final ThreadMXBean clock = ManagementFactory.getThreadMXBean();
    private final FieldTypes types;
    private final IndexSearcher searcher;

    private LuceneCost(IndexSearcher searcher) {
        this.searcher = searcher;
        JsonObject schema = gson.toJsonTree(SCHEMA).getAsJsonObject();
        CONSTANT.keySet().forEach(name -> schema.addProperty(name, "keyword"));
        types = FieldTypes.parse(schema);
    }

    public static void main(String[] arguments) throws IOException {
        if ("index".equals(arguments[0])) {
            index(
                Path.of(arguments[1]),
                Integer.parseInt(arguments[2]),
                Integer.parseInt(arguments[3]),
                Path.of(arguments[4]));
            return;
        }
        IndexReader reader = DirectoryReader.open(FSDirectory.open(Path.of(arguments[1])));
        IndexSearcher searcher = new IndexSearcher(reader);
        searcher.setQueryCache(null);
        LuceneCost cost = new LuceneCost(searcher);
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(cost.answer(line));
        }
    }

    private String answer(String line) throws IOException {
        JsonObject request = gson.fromJson(line, JsonObject.class);
        JsonObject answer = new JsonObject();
        long start = clock.getCurrentThreadCpuTime();
        try {
            Query query = query(request);
            int hits = request.has("parse") ? 0 : searcher.count(query);
            long[] sizes = sizes(query);
            answer.addProperty("seconds", (clock.getCurrentThreadCpuTime() - start) / 1e9);
            answer.addProperty("hits", hits);
            answer.addProperty("leaves", sizes[0]);
            answer.addProperty("bytes", sizes[1]);
        } catch (RuntimeException refused) {
            answer.addProperty("refused", refused.toString());
        }
        return gson.toJson(answer);
    }

    private Query query(JsonObject request) {
        if (request.has("query")) {
            JsonElement query = request.get("query");
            return query.isJsonObject()
                ? new ElasticDsl(types).query(query.getAsJsonObject())
                : new ElasticQueryParser(types).query(query.getAsString());
        }
        String field = request.get("field").getAsString();
        int flags = request.has("fold") ? RegExp.ASCII_CASE_INSENSITIVE : 0;
        BooleanQuery.Builder any = new BooleanQuery.Builder();
        for (JsonElement value : request.getAsJsonArray("regexps")) {
            Term term = new Term(field, value.getAsString());
            any.add(
                new RegexpQuery(term, RegExp.ALL, flags, 10_000), BooleanClause.Occur.SHOULD);
        }
        return any.build();
    }

    private static long[] sizes(Query query) {
        long[] sizes = new long[2];
        query.visit(new QueryVisitor() {
            @Override
            public QueryVisitor getSubVisitor(BooleanClause.Occur occur, Query parent) {
                return this;
            }

            @Override
            public void consumeTerms(Query leaf, Term... terms) {
                sizes[0] += terms.length;
            }

            @Override
            public void visitLeaf(Query leaf) {
                sizes[0]++;
            }

            @Override
            public void consumeTermsMatching(
                    Query leaf, String field, Supplier<ByteRunAutomaton> automaton) {
                sizes[0]++;
                if (leaf instanceof Accountable) {
                    sizes[1] += ((Accountable) leaf).ramBytesUsed();
                }
            }
        });
        return sizes;
    }

    private static void index(Path folder, int events, int terms, Path shown) throws IOException {
        JsonObject values = new Gson().fromJson(Files.readString(shown), JsonObject.class);
        Random random = new Random(1);
        List<String[]> fields = new ArrayList<>();
        FieldTypes types = FieldTypes.parse(new Gson().toJsonTree(SCHEMA).getAsJsonObject());
        List<String> names = new ArrayList<>(SCHEMA.keySet());
        names.removeIf(name -> types.of(name).isSubfield());
        for (String name : names) {
            String[] pool = new String[terms];
            for (int at = 0; at < terms; at++) {
                pool[at] = made(name, random, at);
            }
            JsonArray listed = values.has(name) ? values.getAsJsonArray(name) : new JsonArray();
            for (int at = 0; at < listed.size(); at++) {
                pool[(int) ((long) at * terms / listed.size())] = listed.get(at).getAsString();
            }
            fields.add(pool);
        }
        IndexWriterConfig settings = new IndexWriterConfig(new KeywordAnalyzer());
        settings.setRAMBufferSizeMB(512);
        try (IndexWriter writer = new IndexWriter(FSDirectory.open(folder), settings)) {
            for (int event = 0; event < events; event++) {
                Document document = new Document();
                for (int at = 0; at < names.size(); at++) {
                    String value = fields.get(at)[event % terms];
                    add(document, names.get(at), value);
                    types.subfields(names.get(at), value).forEach((subfield, held) ->
                        held.forEach(term -> add(document, subfield, term)));
                }
                CONSTANT.forEach((name, value) ->
                    document.add(new StringField(name, value, Field.Store.NO)));
                writer.addDocument(document);
            }
            writer.forceMerge(2);
        }
    }

    private static void add(Document document, String name, String value) {
        if (name.equals("destination.ip")) {
            document.add(new BinaryPoint(name, Addresses.bytes(value)));
            return;
        }
        document.add(new StringField(name, value, Field.Store.NO));
    }

    private static String made(String name, Random random, int number) {
        switch (name) {
            case "destination.ip":
                return (11 + random.nextInt(200)) + "." + random.nextInt(256) + "."
                    + random.nextInt(256) + "." + random.nextInt(256);
            case "dns.question.name":
                return host(random);
            case "email.from.address":
                return word(random, 3, 12) + "@" + host(random);
            case "process.hash.sha256":
                StringBuilder digest = new StringBuilder();
                while (digest.length() < 64) {
                    digest.append(String.format("%08x", random.nextInt()));
                }
                return digest.toString();
            case "rule.name":
                return "Rule " + number % 5_000;
            case "vulnerability.id":
                return "CVE-" + (2000 + number % 20) + "-" + (1_000 + number % 5_000);
            default:
                return "https://" + host(random) + "/" + word(random, 3, 30);
        }
    }

    private static String host(Random random) {
        StringBuilder host = new StringBuilder();
        for (int labels = 1 + random.nextInt(2); labels > 0; labels--) {
            host.append(word(random, 3, 14)).append('.');
        }
        return host.append(ENDINGS[random.nextInt(ENDINGS.length)]).toString();
    }

    private static String word(Random random, int least, int most) {
        StringBuilder word = new StringBuilder();
        for (int left = least + random.nextInt(most - least); left > 0; left--) {
            word.append((char) ('a' + random.nextInt(26)));
        }
        return word.toString();
    }
}
