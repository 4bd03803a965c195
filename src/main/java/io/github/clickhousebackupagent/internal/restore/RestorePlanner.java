package io.github.clickhousebackupagent.internal.restore;

import io.github.clickhousebackupagent.api.TableItem;
import io.github.clickhousebackupagent.internal.order.Fault;
import io.github.clickhousebackupagent.internal.order.RestoreOrder;
import io.github.clickhousebackupagent.internal.order.RestoreOrder.Content;
import io.github.clickhousebackupagent.internal.order.RestoreOrder.Existing;
import io.github.clickhousebackupagent.internal.restore.RestorePlan.Effect;
import io.github.clickhousebackupagent.internal.restore.RestorePlan.What;
import io.github.clickhousebackupagent.internal.text.Sizes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
    private static final Comparator<Name> BY_ID = Comparator.comparing(Name::id);

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
        order.fault().map(Fault::told).ifPresent(refusals::add);
        if (refusals.isEmpty()) {
            mappings(order, refusals);
        }
        List<Effect> effects = refusals.isEmpty() ? effects(order) : List.of();
        if (refusals.isEmpty()) {
            originals(order, effects, refusals);
            unused(order, effects, refusals);
            twice(effects, refusals);
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

    /**
     * The same of a table that a pattern takes along, such as {@code shop.*} one of the database
     * {@code shop.old}.
     */
    private static void originals(RestoreOrder order, List<Effect> effects, List<String> refusals) {
        if (order.databases().isEmpty() && order.names().isEmpty()) {
            return;
        }
        List<String> over =
                effects.stream()
                        .filter(effect -> effect.table().equals(effect.of()))
                        .map(Effect::of)
                        .toList();
        if (!over.isEmpty()) {
            refusals.add(
                    "%s: has no other name, and would be restored over the original; all or none must have one"
                            .formatted(some(over)));
        }
    }

    /** Who gives a name to what is not there means a table that would not get it. */
    private void unused(RestoreOrder order, List<Effect> effects, List<String> refusals) {
        if (inBackup.isEmpty() || effects.isEmpty()) {
            return; // Told already.
        }
        Predicate<String> wanted = wanted(order.tables());
        List<String> known =
                inBackup.get().stream()
                        .map(Name::of)
                        .filter(of -> wanted.test(of.id()))
                        .map(of -> moved(order, of).id())
                        .distinct()
                        .sorted()
                        .toList();
        order.names().keySet().stream()
                .filter(name -> !known.contains(name))
                .forEach(
                        name ->
                                refusals.add(
                                        "%s: no table of %s becomes that, and none would get its other name; allowed: %s"
                                                .formatted(name, order.backup(), some(known))));
    }

    /** The second would drop the first; and who agrees to one must not lose another. */
    private static void twice(List<Effect> effects, List<String> refusals) {
        effects.stream()
                .collect(Collectors.groupingBy(Effect::table, TreeMap::new, Collectors.toList()))
                .forEach(
                        (table, of) -> {
                            if (of.size() > 1) {
                                refusals.add(
                                        "%s: would be made of %s; allowed: of one"
                                                .formatted(
                                                        table,
                                                        some(
                                                                of.stream()
                                                                        .map(Effect::of)
                                                                        .toList())));
                            }
                        });
    }

    /** A table by its database and its name: either may have dots in it. */
    private record Name(String database, String name) {

        static Name of(TableItem table) {
            return new Name(table.database(), table.name());
        }

        String id() {
            return database + "." + name;
        }
    }

    private List<Effect> effects(RestoreOrder order) {
        Map<Name, TableItem> there = new HashMap<>();
        live.stream()
                .filter(table -> !SYSTEM.contains(table.database()))
                .forEach(table -> there.put(Name.of(table), table));
        Predicate<String> wanted = wanted(order.tables());
        if (inBackup.isPresent()) {
            return inBackup.get().stream()
                    .map(Name::of)
                    .filter(of -> wanted.test(of.id()))
                    .sorted(BY_ID)
                    .map(of -> effect(order, of, into(order, of), there.get(into(order, of))))
                    .toList();
        }
        return there.keySet().stream()
                .sorted(BY_ID)
                .flatMap(
                        into ->
                                from(order, into)
                                        .filter(of -> wanted.test(of.id()))
                                        .findFirst()
                                        .map(of -> effect(order, of, into, there.get(into)))
                                        .stream())
                .toList();
    }

    private Effect effect(RestoreOrder order, Name of, Name into, TableItem table) {
        What what = what(order.content(), table);
        return new Effect(
                into.id(),
                of.id(),
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

    /** As servers do it: first the database gets its other name, then the table by that. */
    private static Name into(RestoreOrder order, Name of) {
        Name moved = moved(order, of);
        String other = order.names().get(moved.id());
        if (other == null) {
            return moved;
        }
        int dot = other.indexOf('.');
        return new Name(other.substring(0, dot), other.substring(dot + 1));
    }

    private static Name moved(RestoreOrder order, Name of) {
        return new Name(order.databases().getOrDefault(of.database(), of.database()), of.name());
    }

    /** Returns what in the backup would become this table, if it is there. */
    private static Stream<Name> from(RestoreOrder order, Name into) {
        Stream<Name> moved =
                order.databases().entrySet().stream()
                        .filter(mapped -> mapped.getValue().equals(into.database()))
                        .map(mapped -> new Name(mapped.getKey(), into.name()));
        return order.databases().containsKey(into.database())
                ? moved
                : Stream.concat(moved, Stream.of(into));
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

    /**
     * Returns what patterns take, and no less than any server does: for newer ones a slash in a
     * name is an underscore, and for older ones {@code *} stands for no slash.
     */
    private static Predicate<String> wanted(List<String> patterns) {
        if (patterns.isEmpty()) {
            return table -> true;
        }
        List<Pattern> all = patterns.stream().map(RestorePlanner::pattern).toList();
        return table -> {
            String sent = table.replace('/', '_').replace('\\', '_');
            return all.stream().anyMatch(pattern -> pattern.matcher(sent).matches());
        };
    }

    private static Pattern pattern(String pattern) {
        return Pattern.compile(
                Pattern.quote(pattern).replace("*", "\\E.*\\Q").replace("?", "\\E.\\Q"),
                Pattern.DOTALL);
    }
}
