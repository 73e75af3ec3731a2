import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.lucene.analysis.core.KeywordAnalyzer;
import org.apache.lucene.document.BinaryPoint;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.index.Term;
import org.apache.lucene.queryparser.classic.ParseException;
import org.apache.lucene.queryparser.classic.QueryParser;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.DisjunctionMaxQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.RegexpQuery;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TermRangeQuery;
import org.apache.lucene.search.WildcardQuery;

/**
 * Lucene's query parser with what Elasticsearch's `query_string` query adds to it.
 *
 * After Elasticsearch's reference (query_string query; ip, keyword and wildcard field types;
 * search settings): `_exists_`; `field:>value` and its kind as open ranges; terms by the field's
 * type; `field:*` as "exists"; a query of nothing but NOT reads as "everything but"; unmapped
 * fields match nothing; no field at all means every field; at most 1,024 clauses in all.
 */
final class ElasticQueryParser extends QueryParser {
    static final String FIELD_NAMES = "_field_names";
    private static final String EXISTS = "_exists_";
    private static final String EVERY_FIELD = "*";
    private static final int MOST_CLAUSES = 1024;
    private static final int LONGEST_REGEX = 1000;

    private final FieldTypes types;

    ElasticQueryParser(FieldTypes types) {
        super(EVERY_FIELD, new KeywordAnalyzer());
        this.types = types;
        setAllowLeadingWildcard(true);
    }

    /** Parse a query string, or tell why it is refused. */
    Query query(String text) {
        Query query;
        try {
            query = onlyNegative(parse(text));
        } catch (ParseException | RuntimeException problem) {
            throw new RefusedException(problem.getMessage());
        }
        int clauses = clauses(query);
        if (clauses > MOST_CLAUSES) {
            throw new RefusedException("maxClauseCount is set to 1024; the query has " + clauses);
        }
        return query;
    }

    private static int clauses(Query query) {
        int[] count = {0};
        query.visit(new QueryVisitor() {
            @Override
            public QueryVisitor getSubVisitor(BooleanClause.Occur occur, Query parent) {
                return this;
            }

            @Override
            public void visitLeaf(Query leaf) {
                count[0]++;
            }

            @Override
            public void consumeTerms(Query leaf, Term... terms) {
                count[0]++;
            }

            @Override
            public void consumeTermsMatching(
                    Query leaf,
                    String field,
                    java.util.function.Supplier<
                        org.apache.lucene.util.automaton.ByteRunAutomaton> automaton) {
                count[0]++;
            }
        });
        return count[0];
    }

    private static Query onlyNegative(Query query) {
        if (!(query instanceof BooleanQuery)) {
            return query;
        }
        BooleanQuery.Builder positive = new BooleanQuery.Builder();
        for (BooleanClause clause : (BooleanQuery) query) {
            if (!clause.isProhibited()) {
                return query;
            }
            positive.add(clause);
        }
        return positive.add(new MatchAllDocsQuery(), BooleanClause.Occur.FILTER).build();
    }

    @Override
    protected Query getBooleanQuery(List<BooleanClause> clauses) throws ParseException {
        Query query = super.getBooleanQuery(clauses);
        return query == null ? null : onlyNegative(query);
    }

    @Override
    protected Query getFieldQuery(String field, String text, boolean quoted)
            throws ParseException {
        if (EXISTS.equals(field)) {
            return exists(text);
        }
        if (!quoted && text.length() > 1 && !EVERY_FIELD.equals(field)) {
            boolean inclusive = text.length() > 2 && text.charAt(1) == '=';
            String bound = text.substring(inclusive ? 2 : 1);
            if (text.charAt(0) == '>') {
                return getRangeQuery(field, bound, null, inclusive, true);
            }
            if (text.charAt(0) == '<') {
                return getRangeQuery(field, null, bound, true, inclusive);
            }
        }
        return over(field, name -> term(name, text));
    }

    @Override
    protected Query getFieldQuery(String field, String text, int slop) throws ParseException {
        return getFieldQuery(field, text, true);
    }

    @Override
    protected Query getPrefixQuery(String field, String prefix) throws ParseException {
        return over(field, name -> {
            textual(name, "prefix");
            return new PrefixQuery(new Term(name, prefix));
        });
    }

    @Override
    protected Query getWildcardQuery(String field, String pattern) throws ParseException {
        if ("*".equals(pattern)) {
            return EVERY_FIELD.equals(field) ? new MatchAllDocsQuery() : exists(field);
        }
        return over(field, name -> {
            textual(name, "wildcard");
            return new WildcardQuery(new Term(name, pattern));
        });
    }

    @Override
    protected Query getRegexpQuery(String field, String pattern) throws ParseException {
        if (pattern.length() > LONGEST_REGEX) {
            throw new RefusedException("a regex of " + pattern.length() + " characters");
        }
        return over(field, name -> {
            textual(name, "regexp");
            return new RegexpQuery(new Term(name, pattern));
        });
    }

    @Override
    protected Query getRangeQuery(
            String field, String low, String high, boolean withLow, boolean withHigh)
            throws ParseException {
        return over(field, name -> {
            switch (types.of(name)) {
                case IP:
                    throw new RefusedException("ranges over addresses are not modelled");
                case LONG:
                    long from = low == null ? Long.MIN_VALUE : number(low) + (withLow ? 0 : 1);
                    long to = high == null ? Long.MAX_VALUE : number(high) - (withHigh ? 0 : 1);
                    return LongPoint.newRangeQuery(name, from, to);
                default:
                    return TermRangeQuery.newStringRange(name, low, high, withLow, withHigh);
            }
        });
    }

    private interface FieldQuery {
        Query of(String field);
    }

    private Query over(String field, FieldQuery query) {
        if (!EVERY_FIELD.equals(field)) {
            return types.of(field) == FieldTypes.Type.UNMAPPED
                ? new MatchNoDocsQuery("unmapped field " + field)
                : query.of(field);
        }
        List<Query> each = new ArrayList<>();
        for (String name : types.names()) {
            if (types.of(name) == FieldTypes.Type.KEYWORD) {
                each.add(query.of(name));
            }
        }
        return new DisjunctionMaxQuery(each, 0);
    }

    private Query term(String field, String text) {
        switch (types.of(field)) {
            case IP:
                byte[][] range = Addresses.range(text);
                return BinaryPoint.newRangeQuery(
                    field, new byte[][] {range[0]}, new byte[][] {range[1]});
            case LONG:
                return LongPoint.newExactQuery(field, number(text));
            case HIERARCHY:
            case LOWERCASE:
                return new TermQuery(new Term(field, text.toLowerCase(Locale.ROOT)));
            default:
                return new TermQuery(new Term(field, text));
        }
    }

    private static long number(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException notANumber) {
            throw new RefusedException("For input string: \"" + text + "\"");
        }
    }

    private void textual(String field, String kind) {
        FieldTypes.Type type = types.of(field);
        if (type != FieldTypes.Type.KEYWORD && type != FieldTypes.Type.WILDCARD) {
            throw new RefusedException(
                "Can only use " + kind + " queries on keyword, text and wildcard fields - not on ["
                + field + "] which is of type [" + type.name().toLowerCase() + "]");
        }
    }

    private static Query exists(String field) {
        return new TermQuery(new Term(FIELD_NAMES, field));
    }
}
