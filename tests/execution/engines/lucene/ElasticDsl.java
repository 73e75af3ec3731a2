import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.document.BinaryPoint;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.RegexpQuery;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.WildcardQuery;
import org.apache.lucene.util.automaton.RegExp;

/**
 * Elasticsearch's query DSL, as far as conversions use it.
 *
 * After its reference: `bool` with `filter`, `should` (one of which has to match, without a
 * `filter`) and `must_not`; `terms`, which take networks on a field of type `ip`; `regexp`, of at
 * most 1,000 characters, and `wildcard`, on text fields; `exists`. Everything else is refused.
 */
final class ElasticDsl {
    private static final int LONGEST_REGEX = 1000;
    private static final int MOST_TERMS = 65_536;

    private final FieldTypes types;

    ElasticDsl(FieldTypes types) {
        this.types = types;
    }

    /** Build a query, or tell why it is refused. */
    Query query(JsonObject clause) {
        if (clause.size() != 1) {
            throw new RefusedException("a clause has one name: " + clause);
        }
        Map.Entry<String, JsonElement> entry = clause.entrySet().iterator().next();
        JsonObject body = entry.getValue().getAsJsonObject();
        switch (entry.getKey()) {
            case "bool":
                return bool(body);
            case "exists":
                String existing = body.get("field").getAsString();
                return new TermQuery(new Term(ElasticQueryParser.FIELD_NAMES, existing));
            case "terms":
                return terms(body);
            case "regexp":
                return regexp(body);
            case "wildcard":
                return pattern(body, "wildcard", (term, settings) -> new WildcardQuery(term));
            default:
                throw new RefusedException("unknown query [" + entry.getKey() + "]");
        }
    }

    private Query bool(JsonObject body) {
        BooleanQuery.Builder found = new BooleanQuery.Builder();
        boolean positive = false;
        for (Map.Entry<String, JsonElement> entry : body.entrySet()) {
            BooleanClause.Occur occur = occur(entry.getKey());
            positive |= occur != BooleanClause.Occur.MUST_NOT;
            for (JsonElement part : entry.getValue().getAsJsonArray()) {
                found.add(query(part.getAsJsonObject()), occur);
            }
        }
        if (!positive) {
            found.add(new MatchAllDocsQuery(), BooleanClause.Occur.FILTER);
        }
        return found.build();
    }

    private static BooleanClause.Occur occur(String name) {
        switch (name) {
            case "filter":
                return BooleanClause.Occur.FILTER;
            case "should":
                return BooleanClause.Occur.SHOULD;
            case "must_not":
                return BooleanClause.Occur.MUST_NOT;
            default:
                throw new RefusedException("[bool] query does not support [" + name + "]");
        }
    }

    private Query terms(JsonObject body) {
        Map.Entry<String, JsonElement> entry = body.entrySet().iterator().next();
        String field = entry.getKey();
        JsonArray values = entry.getValue().getAsJsonArray();
        if (values.size() > MOST_TERMS) {
            throw new RefusedException("[terms] has " + values.size() + " values");
        }
        BooleanQuery.Builder any = new BooleanQuery.Builder();
        List<Query> each = new ArrayList<>();
        for (JsonElement value : values) {
            each.add(term(field, value.getAsString()));
        }
        // One clause for Elasticsearch: as many for Lucene as its own limit takes.
        for (int at = 0; at < each.size(); at += 1000) {
            BooleanQuery.Builder part = new BooleanQuery.Builder();
            for (Query one : each.subList(at, Math.min(at + 1000, each.size()))) {
                part.add(one, BooleanClause.Occur.SHOULD);
            }
            any.add(part.build(), BooleanClause.Occur.SHOULD);
        }
        return any.build();
    }

    private Query term(String field, String text) {
        switch (types.of(field)) {
            case UNMAPPED:
                return new MatchNoDocsQuery("unmapped field " + field);
            case IP:
                byte[][] range = Addresses.range(text);
                return BinaryPoint.newRangeQuery(
                    field, new byte[][] {range[0]}, new byte[][] {range[1]});
            case LONG:
                return LongPoint.newExactQuery(field, Long.parseLong(text));
            default:
                // The terms of a sub-field are not analysed: they have to be in lower case.
                return new TermQuery(new Term(field, text));
        }
    }

    private interface Pattern {
        Query of(Term term, JsonObject settings);
    }

    private Query pattern(JsonObject body, String name, Pattern pattern) {
        Map.Entry<String, JsonElement> entry = body.entrySet().iterator().next();
        String field = entry.getKey();
        JsonObject settings = entry.getValue().getAsJsonObject();
        if (!Set.of("value", "case_insensitive").containsAll(settings.keySet())) {
            throw new RefusedException("[" + name + "] has settings " + settings.keySet());
        }
        FieldTypes.Type type = types.of(field);
        if (type == FieldTypes.Type.IP || type == FieldTypes.Type.LONG) {
            String typed = type.name().toLowerCase(Locale.ROOT);
            throw new RefusedException("[" + name + "] on a field of type [" + typed + "]");
        }
        if (type == FieldTypes.Type.UNMAPPED) {
            return new MatchNoDocsQuery("unmapped field " + field);
        }
        return pattern.of(new Term(field, settings.get("value").getAsString()), settings);
    }

    private Query regexp(JsonObject body) {
        return pattern(body, "regexp", (term, settings) -> {
            if (term.text().length() > LONGEST_REGEX) {
                throw new RefusedException("a regex of " + term.text().length() + " characters");
            }
            boolean fold = settings.has("case_insensitive")
                && settings.get("case_insensitive").getAsBoolean();
            int flags = fold ? RegExp.ASCII_CASE_INSENSITIVE : 0;
            return new RegexpQuery(term, RegExp.ALL, flags, 10_000);
        });
    }
}
