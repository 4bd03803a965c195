package io.github.clickhousebackupagent.internal.restore;

import io.github.clickhousebackupagent.api.TableItem;
import io.github.clickhousebackupagent.internal.order.RestoreOrder;
import io.github.clickhousebackupagent.internal.order.RestoreOrder.Content;
import io.github.clickhousebackupagent.internal.order.RestoreOrder.Existing;
import io.github.clickhousebackupagent.internal.restore.RestorePlan.Effect;
import io.github.clickhousebackupagent.internal.restore.RestorePlan.What;
import io.github.clickhousebackupagent.internal.text.Sizes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Decides what a restore would do. A server drops each table that it restores, if it is there, and
 * does not say so; where only data is restored, it adds that to what there is.
 *
 * @param inBackup tables of the backup; empty: the server does not tell
 * @param live tables that are there
 * @param rowsKnown whether ClickHouse itself told of those
 */
public record RestorePlanner(
        Optional<List<TableItem>> inBackup, List<TableItem> live, boolean rowsKnown) {

    private static final Set<String> SYSTEM =
            Set.of(
                    "system",
                    "INFORMATION_SCHEMA",
                    "information_schema",
                    "_temporary_and_external_tables");
    private static final int NAMED = 5;

    /**
     * Returns what a restore would do, or why it would not be done, for somebody who is asked
     * whether that is meant.
     */
    public RestorePlan plan(RestoreOrder order) {
        return plan(order, false);
    }

    /** Returns the same right before it is done: refused, where it is more than was agreed to. */
    public RestorePlan planAsAgreed(RestoreOrder order) {
        return plan(order, true);
    }

    private RestorePlan plan(RestoreOrder order, boolean asAgreed) {
        List<String> refusals = new ArrayList<>();
        mappings(order, refusals);
        List<Effect> effects = refusals.isEmpty() ? effects(order) : List.of();
        if (refusals.isEmpty()) {
            nothing(order, effects, refusals);
            losses(order, effects, refusals);
            if (asAgreed && order.existing() != Existing.REFUSE) {
                unforeseen(order, effects, refusals);
            }
        }
        return new RestorePlan(effects, inBackup.isPresent(), rowsKnown, refusals);
    }

    /** A name that is not mapped would be restored over the original, without a word. */
    private void mappings(RestoreOrder order, List<String> refusals) {
        if (!order.names().isEmpty() && inBackup.isEmpty()) {
            refusals.add(
                    "this server does not know --map-table, and would restore over the original; --map-database it knows");
        }
        if (order.databases().isEmpty() && order.names().isEmpty()) {
            return;
        }
        if (order.tables().isEmpty()) {
            refusals.add(
                    "other names for some would leave all else to be restored over the original; name the tables");
        }
        for (String pattern : order.tables()) {
            if (!order.names().containsKey(pattern)
                    && !order.databases().containsKey(pattern.replaceFirst("\\..*", ""))) {
                refusals.add(
                        "%s has no other name, and would be restored over the original; all or none must have one"
                                .formatted(pattern));
            }
        }
    }

    private List<Effect> effects(RestoreOrder order) {
        Map<String, TableItem> there = new TreeMap<>();
        live.stream()
                .filter(table -> !SYSTEM.contains(table.database()))
                .forEach(table -> there.put(table.id(), table));
        Pattern wanted = pattern(order.tables());
        if (inBackup.isPresent()) {
            return inBackup.get().stream()
                    .map(TableItem::id)
                    .filter(of -> wanted.matcher(of).matches())
                    .sorted()
                    .map(of -> effect(order, of, into(order, of), there.get(into(order, of))))
                    .toList();
        }
        return there.values().stream()
                .map(table -> effect(order, from(order, table.id()), table.id(), table))
                .filter(effect -> effect.of() != null && wanted.matcher(effect.of()).matches())
                .toList();
    }

    private Effect effect(RestoreOrder order, String of, String into, TableItem table) {
        What what = what(order.content(), table);
        return new Effect(
                into,
                of,
                what == What.MADE_ANEW && losesInner(order, table) ? What.EMPTIED : what,
                table == null ? null : table.engine(),
                table == null ? null : table.rows(),
                table == null ? null : table.bytes());
    }

    private static What what(Content content, TableItem table) {
        if (content == Content.DATA) {
            if (table == null) {
                return What.MISSING;
            }
            // What is in no backup is not added to.
            return table.isBackedUp() && table.holdsData() ? What.ADDED_TO : What.FILLED;
        }
        if (table == null) {
            return What.MADE;
        }
        if (!table.holdsData()) {
            return What.MADE_ANEW;
        }
        return content == Content.ALL && table.isBackedUp() ? What.REPLACED : What.EMPTIED;
    }

    /**
     * Returns whether data goes with a view that is dropped: that of a table within it, which is
     * restored only if all of its database is.
     */
    private boolean losesInner(RestoreOrder order, TableItem view) {
        boolean alone =
                !order.tables().isEmpty() && !order.tables().contains(view.database() + ".*");
        return alone
                && "MaterializedView".equals(view.engine())
                && live.stream()
                        .filter(table -> table.database().equals(view.database()))
                        // Which view it is of, its name does not always tell.
                        .filter(
                                table ->
                                        table.name().equals(".inner." + view.name())
                                                || table.name().startsWith(".inner_id."))
                        .anyMatch(TableItem::holdsData);
    }

    private static String into(RestoreOrder order, String of) {
        if (order.names().containsKey(of)) {
            return order.names().get(of);
        }
        int dot = of.indexOf('.');
        String database = of.substring(0, dot);
        return order.databases().getOrDefault(database, database) + of.substring(dot);
    }

    /** Returns what in the backup would become this table; null: nothing. */
    private static String from(RestoreOrder order, String into) {
        if (order.databases().isEmpty()) {
            return into;
        }
        int dot = into.indexOf('.');
        return order.databases().entrySet().stream()
                .filter(mapped -> mapped.getValue().equals(into.substring(0, dot)))
                .map(mapped -> mapped.getKey() + into.substring(dot))
                .findFirst()
                .orElse(null);
    }

    private void nothing(RestoreOrder order, List<Effect> effects, List<String> refusals) {
        if (inBackup.isPresent() && effects.isEmpty()) {
            refusals.add(
                    "no table of %s is %s; it has %s"
                            .formatted(
                                    order.backup(),
                                    order.tables().isEmpty()
                                            ? "there"
                                            : String.join(" or ", order.tables()),
                                    inBackup.get().isEmpty()
                                            ? "none"
                                            : some(
                                                    inBackup.get().stream()
                                                            .map(TableItem::id)
                                                            .sorted()
                                                            .toList())));
        }
    }

    private static void losses(RestoreOrder order, List<Effect> effects, List<String> refusals) {
        List<Effect> missing = effects.stream().filter(e -> e.what() == What.MISSING).toList();
        if (!missing.isEmpty()) {
            refusals.add(
                    "%s: not there, so that data alone cannot go into it; without --data it is made"
                            .formatted(some(missing.stream().map(Effect::table).toList())));
        }
        if (order.existing() == Existing.REFUSE) {
            List<Effect> mixed = effects.stream().filter(e -> e.what() == What.ADDED_TO).toList();
            List<Effect> lost =
                    effects.stream()
                            .filter(Effect::needsAgreement)
                            .filter(e -> e.what() != What.ADDED_TO)
                            .toList();
            if (!mixed.isEmpty()) {
                refusals.add(
                        "%s: the backup's data would be added, which doubles what is there already; --append does it all the same"
                                .formatted(holding(mixed)));
            }
            if (!lost.isEmpty()) {
                refusals.add(
                        "%s: would be gone, as the server drops what it restores; --replace does it all the same, --map-database restores beside it"
                                .formatted(holding(lost)));
            }
        }
    }

    private static void unforeseen(
            RestoreOrder order, List<Effect> effects, List<String> refusals) {
        List<String> unforeseen =
                effects.stream()
                        .filter(Effect::needsAgreement)
                        .map(Effect::table)
                        .filter(table -> !order.agreed().contains(table))
                        .toList();
        if (!unforeseen.isEmpty()) {
            refusals.add(
                    "%s: has data now, which was not in the plan that was agreed to; look at a new one"
                            .formatted(some(unforeseen)));
        }
    }

    private static String holding(List<Effect> effects) {
        return some(effects.stream().map(e -> e.table() + " (" + holds(e) + ")").toList());
    }

    /** Returns what a table holds, for people. */
    public static String holds(Effect effect) {
        if (effect.engine() == null) {
            return "-";
        }
        if (effect.rows() != null) {
            return effect.rows() == 1
                    ? "1 row"
                    : String.format(Locale.ROOT, "%,d rows", effect.rows());
        }
        boolean sized = effect.bytes() != null && effect.bytes() > 0;
        return sized
                ? Sizes.format(effect.bytes()) + ", rows not known"
                : effect.what() == What.MADE_ANEW ? "empty" : "rows not known";
    }

    private static String some(List<String> all) {
        int more = all.size() - NAMED;
        return String.join(", ", all.subList(0, Math.min(NAMED, all.size())))
                + (more > 0 ? " and %d more".formatted(more) : "");
    }

    private static Pattern pattern(List<String> patterns) {
        if (patterns.isEmpty()) {
            return Pattern.compile(".*");
        }
        return Pattern.compile(
                patterns.stream()
                        .map(Pattern::quote)
                        .map(quoted -> quoted.replace("*", "\\E.*\\Q").replace("?", "\\E.\\Q"))
                        .collect(Collectors.joining("|")));
    }
}
