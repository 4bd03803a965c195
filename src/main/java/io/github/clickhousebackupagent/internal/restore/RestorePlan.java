package io.github.clickhousebackupagent.internal.restore;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What a restore would do to the tables that are there, or why it would not be done.
 *
 * @param tables each table that it would touch
 * @param contentKnown whether the server tells which tables are in the backup; else each table that
 *     is there and might be in it is taken for one of it
 * @param rowsKnown whether ClickHouse was asked how many rows there are
 * @param refusals why nothing is restored, a line each; empty: it would be done
 */
public record RestorePlan(
        List<Effect> tables, boolean contentKnown, boolean rowsKnown, List<String> refusals) {

    /** What would become of a table. */
    public enum What {
        /** It is not there, and would be made. */
        @JsonProperty("made")
        MADE,
        /** It is there and empty, and would be made anew. */
        @JsonProperty("made-anew")
        MADE_ANEW,
        /** What it holds would be gone, and the backup's data would be in its place. */
        @JsonProperty("replaced")
        REPLACED,
        /** What it holds would be gone, and nothing would be in its place. */
        @JsonProperty("emptied")
        EMPTIED,
        /** The backup's data would go into it, which is empty. */
        @JsonProperty("filled")
        FILLED,
        /** The backup's data would be added to what it holds. */
        @JsonProperty("added-to")
        ADDED_TO,
        /** It is not there, and must be. */
        @JsonProperty("missing")
        MISSING
    }

    /**
     * What would become of one table.
     *
     * @param table the table, {@code database.table}
     * @param of the table of the backup that it comes from
     * @param what would become of it
     * @param engine of the table that is there; null: none is
     * @param rows that it holds now; null: not known
     * @param bytes that it holds now; null: not known
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Effect(String table, String of, What what, String engine, Long rows, Long bytes) {

        /** Returns whether what it holds would be gone or mixed. */
        public boolean needsAgreement() {
            return what == What.REPLACED || what == What.EMPTIED || what == What.ADDED_TO;
        }
    }

    /** Copies the lists. */
    public RestorePlan {
        tables = List.copyOf(tables);
        refusals = List.copyOf(refusals);
    }

    /** Returns whether nothing is restored. */
    public boolean refused() {
        return !refusals.isEmpty();
    }

    /** Returns the tables of which what they hold would be gone or mixed. */
    public List<String> toBeAgreed() {
        return tables.stream().filter(Effect::needsAgreement).map(Effect::table).toList();
    }
}
