package io.github.clickhousebackupagent.internal.order;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The wish that data of a backup is brought back.
 *
 * @param backup name of the backup
 * @param from where it is taken from; null: from the server's disk if it is there, whole
 * @param tables patterns of what is restored, {@code database.table} as in the backup, with {@code
 *     *} and {@code ?}; empty: everything
 * @param content what of it
 * @param databases the name that a database gets, by its name in the backup
 * @param names the name that a table gets, by its name in the backup; where {@code databases} has
 *     its database, by the name that it has after that
 * @param existing what is done about tables that are there
 * @param agreed tables, {@code database.table}, that may go or be added to: what was shown in the
 *     plan and agreed to
 */
public record RestoreOrder(
        String backup,
        Place from,
        List<String> tables,
        Content content,
        Map<String, String> databases,
        Map<String, String> names,
        Existing existing,
        List<String> agreed)
        implements Order {

    /**
     * Names go into lists, between commas and colons, and servers read patterns as {@code
     * filepath.Match} of Go does, where brackets and backslashes mean something. What has other
     * signs in its name can be had by a {@code ?} in their place.
     */
    private static final String SIGNS = "\\p{L}\\p{N}_\\-";

    private static final Pattern DATABASE = Pattern.compile("[" + SIGNS + "]+");
    private static final Pattern TABLE = Pattern.compile("[" + SIGNS + "]+\\.[" + SIGNS + "]+");
    private static final Pattern TABLES =
            Pattern.compile("[" + SIGNS + "*?]+\\.[" + SIGNS + "*?]+");

    /** Beyond these, it is the name of nothing that can be. */
    private static final int LONGEST = 1000;

    private static final String ALLOWED = "of letters, digits, '_' and '-', at most 1000 signs";

    /** What of a backup is restored. */
    public enum Content {
        /** Definitions of tables, and their data. */
        ALL,
        /** Definitions of tables only. */
        SCHEMA,
        /** Data only, into tables that are there. */
        DATA;

        /** Returns the word that journal and messages use. */
        @JsonValue
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What is done about tables that are there already. */
    public enum Existing {
        /** Nothing is restored where one has rows. */
        REFUSE,
        /** The data is added to what they hold. */
        APPEND,
        /** They are dropped, and made anew as the backup has them. */
        REPLACE;

        /** Returns the word that journal and messages use. */
        @JsonValue
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Fills in what is left out, and copies. */
    public RestoreOrder {
        tables = tables == null ? List.of() : List.copyOf(tables);
        content = content == null ? Content.ALL : content;
        databases = copy(databases);
        names = copy(names);
        existing = existing == null ? Existing.REFUSE : existing;
        agreed = agreed == null ? List.of() : List.copyOf(agreed);
    }

    private static Map<String, String> copy(Map<String, String> map) {
        return map == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(map));
    }

    @Override
    public Optional<Fault> fault() {
        return Stream.of(
                        BackupAt.faultOf(backup),
                        faultOf(
                                "tables",
                                tables.stream(),
                                TABLES,
                                "DB.TABLE, %s, with * and ?".formatted(ALLOWED)),
                        faultOf("databases", both(databases), DATABASE, "DB, " + ALLOWED),
                        faultOf("names", both(names), TABLE, "DB.TABLE, " + ALLOWED),
                        faultOfExisting())
                .flatMap(Optional::stream)
                .findFirst();
    }

    @Override
    public boolean destroys() {
        return existing != Existing.REFUSE;
    }

    private static Stream<String> both(Map<String, String> map) {
        return map.entrySet().stream().flatMap(one -> Stream.of(one.getKey(), one.getValue()));
    }

    private static Optional<Fault> faultOf(
            String field, Stream<String> texts, Pattern pattern, String allowed) {
        return texts.map(text -> Objects.toString(text, ""))
                .filter(text -> text.length() > LONGEST || !pattern.matcher(text).matches())
                .findFirst()
                .map(text -> new Fault(field, text, allowed));
    }

    /** Who says append must not have tables dropped, and who says replace must not have two. */
    private Optional<Fault> faultOfExisting() {
        boolean onlyData = content == Content.DATA;
        boolean fits = existing != (onlyData ? Existing.REPLACE : Existing.APPEND);
        return fits
                ? Optional.empty()
                : Optional.of(
                        new Fault(
                                "existing",
                                existing.word(),
                                onlyData
                                        ? "append or refuse, as content is data"
                                        : "replace or refuse, as content is " + content.word()));
    }
}
