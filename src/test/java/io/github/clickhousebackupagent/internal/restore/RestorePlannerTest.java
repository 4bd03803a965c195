package io.github.clickhousebackupagent.internal.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.api.TableItem;
import io.github.clickhousebackupagent.internal.order.RestoreOrder;
import io.github.clickhousebackupagent.internal.order.RestoreOrder.Content;
import io.github.clickhousebackupagent.internal.order.RestoreOrder.Existing;
import io.github.clickhousebackupagent.internal.restore.RestorePlan.Effect;
import io.github.clickhousebackupagent.internal.restore.RestorePlan.What;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Named after what somebody would lose. */
class RestorePlannerTest {

    @ParameterizedTest
    @EnumSource(
            value = Content.class,
            names = {"ALL", "SCHEMA"})
    void theRowsOfATableThatTheServerDrops(Content content) {
        RestorePlan plan = known("shop.orders").plan(order(content, Existing.REFUSE));

        assertThat(plan.refusals())
                .containsExactly(
                        "shop.orders (1,500 rows): would be gone, as the server drops what it restores; --replace does it all the same, --map-database restores beside it");
        assertThat(plan.toBeAgreed()).containsExactly("shop.orders");
    }

    @Test
    void rowsThatAreThereTwice() {
        assertThat(known("shop.orders").plan(order(Content.DATA, Existing.REFUSE)).refusals())
                .containsExactly(
                        "shop.orders (1,500 rows): the backup's data would be added, which doubles what is there already; --append does it all the same");
    }

    /** No backup holds them, and the server drops the table all the same. */
    @Test
    void theRowsOfATableThatIsInNoBackup() {
        RestorePlan plan = known("shop.log").plan(order(Content.ALL, Existing.REPLACE));

        assertThat(plan.tables())
                .extracting(Effect::table, Effect::what)
                .containsExactly(Tuple.tuple("shop.log", What.EMPTIED));
        assertThat(known("shop.log").plan(order(Content.ALL, Existing.REFUSE)).refused()).isTrue();
        assertThat(plan.toBeAgreed()).containsExactly("shop.log");
    }

    @Test
    void nothingWhereThereIsNothing() {
        RestorePlan plan =
                known("shop.new", "shop.empty", "shop.view")
                        .plan(order(Content.ALL, Existing.REFUSE));

        assertThat(plan.refused()).isFalse();
        assertThat(plan.tables())
                .extracting(Effect::table, Effect::what)
                .containsExactly(
                        Tuple.tuple("shop.empty", What.MADE_ANEW),
                        Tuple.tuple("shop.new", What.MADE),
                        Tuple.tuple("shop.view", What.MADE_ANEW));
    }

    /** The world may have changed since the plan was shown. */
    @Test
    void whatWasNotInThePlanThatWasAgreedTo() {
        RestorePlanner planner = known("shop.orders", "shop.items");
        RestoreOrder order =
                new RestoreOrder(
                        "B",
                        null,
                        List.of(),
                        Content.ALL,
                        Map.of(),
                        Map.of(),
                        Existing.REPLACE,
                        List.of("shop.orders"));

        assertThat(planner.plan(order).refused()).isFalse();
        assertThat(planner.planAsAgreed(order).refusals())
                .containsExactly(
                        "shop.items: has data now, which was not in the plan that was agreed to; look at a new one");
    }

    /** A server that does not tell what is in a backup may restore anything that matches. */
    @Test
    void whatMayBeInTheBackup() {
        RestorePlanner planner = new RestorePlanner(Optional.empty(), live(), true);

        assertThat(planner.plan(order(Content.ALL, Existing.REFUSE)).toBeAgreed())
                .containsExactly("shop.items", "shop.log", "shop.orders", "stock.goods");
        assertThat(planner.plan(only("shop.i*")).toBeAgreed()).containsExactly("shop.items");
        assertThat(planner.plan(only("shop.nothing")).refused()).isFalse();
    }

    @Test
    void theOriginalWhereOnlySomeHaveAnotherName() {
        RestoreOrder order = mapped(Map.of("shop", "copy"), Map.of(), "shop.*", "stock.goods");

        assertThat(known("shop.orders").plan(order).refusals())
                .containsExactly(
                        "stock.goods has no other name, and would be restored over the original; all or none must have one");
        assertThat(known("shop.orders").plan(mapped(Map.of("shop", "copy"), Map.of())).refusals())
                .hasSize(1);
    }

    @Test
    void theOriginalWhereTheServerDoesNotKnowOtherNamesOfTables() {
        RestoreOrder order = mapped(Map.of(), Map.of("shop.orders", "shop.orders2"), "shop.orders");

        assertThat(new RestorePlanner(Optional.empty(), live(), true).plan(order).refusals())
                .containsExactly(
                        "this server does not know --map-table, and would restore over the original; --map-database it knows");
        assertThat(known("shop.orders").plan(order).tables())
                .extracting(Effect::of, Effect::table, Effect::what)
                .containsExactly(Tuple.tuple("shop.orders", "shop.orders2", What.MADE));
    }

    /** Silently it would be restored under a name that nobody expects. */
    @Test
    void theOtherNameOfATableThatIsGivenByANameThatItDoesNotHaveThen() {
        RestoreOrder before =
                mapped(Map.of("shop", "copy"), Map.of("shop.orders", "copy.mine"), "shop.*");
        RestoreOrder typo =
                mapped(Map.of("shop", "copy"), Map.of("copy.ordres", "copy.mine"), "shop.*");
        RestoreOrder after =
                mapped(Map.of("shop", "copy"), Map.of("copy.orders", "copy.mine"), "shop.*");
        RestorePlanner planner = known("shop.orders", "shop.new", "stock.goods");

        assertThat(planner.plan(before).refusals())
                .containsExactly(
                        "shop.orders: no table of B becomes that, and none would get its other name; allowed: copy.new, copy.orders");
        assertThat(planner.plan(typo).refusals())
                .singleElement()
                .asString()
                .startsWith("copy.ordres: no table of B becomes that");
        assertThat(planner.plan(after).refused()).isFalse();
        assertThat(planner.plan(after).tables())
                .extracting(Effect::of, Effect::table)
                .containsExactly(
                        Tuple.tuple("shop.new", "copy.new"),
                        Tuple.tuple("shop.orders", "copy.mine"));
    }

    @Test
    void whatIsUnderTheOtherName() {
        RestoreOrder order = mapped(Map.of("stock", "shop"), Map.of(), "stock.*");

        assertThat(known("stock.orders").plan(order).refusals())
                .singleElement()
                .asString()
                .startsWith("shop.orders (1,500 rows): would be gone");
        assertThat(new RestorePlanner(Optional.empty(), live(), true).plan(order).toBeAgreed())
                .containsExactly("shop.items", "shop.log", "shop.orders");
    }

    @Test
    void timeWithATableThatIsNotInTheBackup() {
        assertThat(known("shop.orders").plan(only("shop.ordres")).refusals())
                .containsExactly("no table of B is shop.ordres; it has shop.orders");
        assertThat(known("shop.new").plan(order(Content.DATA, Existing.REFUSE)).refusals())
                .containsExactly(
                        "shop.new: not there, so that data alone cannot go into it; without --data it is made");
    }

    /** What the API tells of sizes, where ClickHouse cannot be asked for rows. */
    @ParameterizedTest
    @CsvSource({
        "MergeTree, 100, true",
        "MergeTree, 0, false",
        "ReplicatedMergeTree, 1, true",
        "TinyLog, 0, true",
        "Memory, 0, true",
        "Buffer, 0, true",
        "View, 0, false",
        "MaterializedView, 0, false",
        "Distributed, 0, false",
    })
    void whatIsThereWithoutAWordOfItsRows(String engine, long bytes, boolean kept) {
        TableItem table = new TableItem("shop", "t", engine, bytes, null);
        RestorePlan plan =
                new RestorePlanner(Optional.of(List.of(inBackup("shop.t"))), List.of(table), false)
                        .plan(order(Content.ALL, Existing.REFUSE));

        assertThat(plan.refused()).isEqualTo(kept);
        assertThat(plan.rowsKnown()).isFalse();
    }

    /** It is dropped with its view, and restored only with all of its database. */
    @Test
    void theDataWithinAMaterializedView() {
        List<TableItem> live =
                List.of(
                        new TableItem("shop", "mv", "MaterializedView", 0L, null),
                        new TableItem("shop", ".inner.mv", "MergeTree", 900L, 9_000L));
        RestorePlanner planner =
                new RestorePlanner(
                        Optional.of(List.of(inBackup("shop.mv"), inBackup("shop.items"))),
                        live,
                        true);

        assertThat(planner.plan(only("shop.mv")).refused()).isTrue();
        assertThat(planner.plan(only("shop.items")).refused()).isFalse();
    }

    /** The server reads patterns in a way of its own, so that no plan is told of those. */
    @ParameterizedTest
    @ValueSource(strings = {"shop.x,shop.order?", "shop.[no]*", "shop.\\orders", "shop.o* "})
    void whatNoPlanShows(String pattern) {
        RestoreOrder order =
                new RestoreOrder(
                        "B",
                        null,
                        List.of("shop.new", pattern),
                        Content.ALL,
                        Map.of(),
                        Map.of(),
                        Existing.REPLACE,
                        List.of());
        for (RestorePlanner planner :
                List.of(
                        known("shop.new", "shop.orders"),
                        new RestorePlanner(Optional.empty(), live(), true))) {
            assertThat(planner.plan(order).refusals()).singleElement().asString().contains(pattern);
            assertThat(planner.planAsAgreed(order).refused()).isTrue();
        }
    }

    /** Newer servers take a slash for an underscore, and a pattern takes the end of a line, too. */
    @ParameterizedTest
    @ValueSource(strings = {"a/b", "a\\b", "a_b", "a\nb", "a\u2028b"})
    void whatIsInATableWithAnOddName(String name) {
        TableItem table = new TableItem("shop", name, "MergeTree", 10L, 1L);
        TableItem same = new TableItem("shop", name, null, 1L, null);
        String pattern = name.matches("a[/\\_]b") ? "shop.a_b" : "shop.a*";
        for (Optional<List<TableItem>> inBackup :
                List.of(Optional.<List<TableItem>>empty(), Optional.of(List.of(same)))) {
            assertThat(
                            new RestorePlanner(inBackup, List.of(table), true)
                                    .plan(only(pattern))
                                    .toBeAgreed())
                    .containsExactly("shop." + name);
        }
    }

    /** The pattern takes it along, and its database is not the one that has another name. */
    @Test
    void theOriginalInADatabaseWithADotInItsName() {
        RestoreOrder order = mapped(Map.of("shop", "copy"), Map.of(), "shop.*");
        TableItem old = new TableItem("shop.old", "t", "MergeTree", 10L, 1L);
        TableItem inBackup = new TableItem("shop.old", "t", null, 1L, null);
        for (Optional<List<TableItem>> told :
                List.of(Optional.<List<TableItem>>empty(), Optional.of(List.of(inBackup)))) {
            RestorePlan plan = new RestorePlanner(told, List.of(old), true).plan(order);

            assertThat(plan.refusals().get(0)).startsWith("shop.old.t: has no other name");
        }
    }

    /** Servers give a database its other name first, and look for that of the table by it. */
    @Test
    void whatIsUnderTheOtherNameOfTheOtherName() {
        RestoreOrder order =
                mapped(Map.of("stock", "copy"), Map.of("copy.orders", "shop.orders"), "stock.*");

        assertThat(known("stock.orders").plan(order).toBeAgreed()).containsExactly("shop.orders");
        assertThat(
                        known("stock.orders")
                                .plan(
                                        mapped(
                                                Map.of("stock", "shop"),
                                                Map.of("stock.orders", "shop.new"),
                                                "stock.*"))
                                .toBeAgreed())
                .containsExactly("shop.orders");
    }

    @Test
    void theFirstOfTwoTablesThatGetTheSameName() {
        RestoreOrder order = mapped(Map.of("a", "c", "b", "c"), Map.of(), "a.*", "b.*");

        assertThat(known("a.t", "b.t").plan(order).refusals())
                .containsExactly("c.t: would be made of a.t, b.t; allowed: of one");
        assertThat(known("a.t", "b.u").plan(order).refused()).isFalse();
    }

    /** Of tables of the system nothing is restored, and no backup has them. */
    @Test
    void tablesOfTheSystemAreNotShown() {
        TableItem system = new TableItem("system", "parts", "SystemParts", 0L, null);

        assertThat(
                        new RestorePlanner(Optional.empty(), List.of(system), true)
                                .plan(order(Content.ALL, Existing.REFUSE))
                                .tables())
                .isEmpty();
    }

    /** Whatever is restored into whatever there is: no row is touched that was not agreed to. */
    @Property(tries = 1000)
    void noRowIsTouchedUnseen(
            @ForAll @Size(max = 5) List<@IntRange(max = 9) Integer> inBackup,
            @ForAll @Size(max = 5) List<@IntRange(max = 9) Integer> rows,
            @ForAll Content content,
            @ForAll boolean tells) {
        List<TableItem> live = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            live.add(
                    new TableItem(
                            "d", "t" + i, "MergeTree", rows.get(i) * 10L, (long) rows.get(i)));
        }
        List<String> touched = inBackup.stream().distinct().map(i -> "d.t" + i).toList();
        Optional<List<TableItem>> told =
                tells
                        ? Optional.of(touched.stream().map(RestorePlannerTest::inBackup).toList())
                        : Optional.empty();
        RestorePlan plan =
                new RestorePlanner(told, live, true).plan(order(content, Existing.REFUSE));

        boolean wouldLose = live.stream().anyMatch(t -> t.rows() > 0 && touched.contains(t.id()));
        if (wouldLose) {
            assertThat(plan.refused()).isTrue();
        }
        assertThat(plan.toBeAgreed())
                .containsAll(
                        live.stream()
                                .filter(t -> t.rows() > 0 && touched.contains(t.id()))
                                .map(TableItem::id)
                                .toList());
    }

    private static List<TableItem> live() {
        return List.of(
                new TableItem("shop", "orders", "MergeTree", 230_915L, 1_500L),
                new TableItem("shop", "items", "ReplicatedMergeTree", 82_775L, 600L),
                new TableItem("shop", "empty", "MergeTree", 0L, 0L),
                new TableItem("shop", "log", "TinyLog", null, null),
                new TableItem("shop", "view", "View", null, null),
                new TableItem("stock", "goods", "MergeTree", 10L, 1L));
    }

    private static RestorePlanner known(String... tables) {
        return new RestorePlanner(
                Optional.of(List.of(tables).stream().map(RestorePlannerTest::inBackup).toList()),
                live(),
                true);
    }

    private static TableItem inBackup(String id) {
        String[] parts = id.split("\\.");
        return new TableItem(parts[0], parts[1], null, 1L, null);
    }

    private static RestoreOrder order(Content content, Existing existing) {
        return new RestoreOrder(
                "B", null, List.of(), content, Map.of(), Map.of(), existing, List.of());
    }

    private static RestoreOrder only(String pattern) {
        return new RestoreOrder(
                "B",
                null,
                List.of(pattern),
                Content.ALL,
                Map.of(),
                Map.of(),
                Existing.REFUSE,
                List.of());
    }

    private static RestoreOrder mapped(
            Map<String, String> databases, Map<String, String> names, String... patterns) {
        return new RestoreOrder(
                "B",
                null,
                List.of(patterns),
                Content.ALL,
                databases,
                names,
                Existing.REFUSE,
                List.of());
    }
}
