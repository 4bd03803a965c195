package io.github.clickhousebackupagent.internal.order;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.internal.order.RestoreOrder.Content;
import io.github.clickhousebackupagent.internal.order.RestoreOrder.Existing;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What no order may have, as a server would read something else in it than people do. */
class OrderFaultTest {

    private static final String LONG = "a".repeat(100_000);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "shop.a,prod.b",
                "shop.[ab]*",
                "shop.\\x",
                "shop.{a,b}",
                "shop.a ",
                " shop.a",
                "shop.a\n",
                "shop.a\tb",
                "shop.a:b",
                "shop.a/b",
                "shop.a.b",
                "shop..inner.a",
                "shop.`a`",
                "shop.'a'",
                "shop.\"a\"",
                "shop.a&rm=true",
                "shop.a%2Cprod.b",
                "shop.a+b",
                "shop.a#b",
                "shop.^a",
                "shop.a\u2028",
                "shop.a\ud800",
                "shop.a\u0000",
                "shop",
                "*",
                "shop.",
                ".a",
                ""
            })
    void aPatternThatAServerReadsOtherwise(String pattern) {
        assertThat(tables("shop.orders", pattern).fault())
                .hasValueSatisfying(
                        fault -> {
                            assertThat(fault.field()).isEqualTo("tables");
                            assertThat(fault.told()).contains("found '" + pattern + "'; allowed: ");
                        });
        assertThat(names(Map.of(pattern, "shop.b")).fault()).isPresent();
        assertThat(names(Map.of("shop.a", pattern)).fault()).isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"shop.orders", "shop.*", "*.*", "s?op.o-r_d3rs", "größe.таблица", "店.表"})
    void whatServersTakeAsItIsMeant(String pattern) {
        assertThat(tables(pattern).fault()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a,b", "a:b", "a.b", "*", "a?", "", "a b", "a\\", "a]"})
    void theNameOfADatabaseThatEndsUpBesideAnotherOne(String name) {
        assertThat(databases(Map.of(name, "b")).fault()).isPresent();
        assertThat(databases(Map.of("a", name)).fault()).isPresent();
        assertThat(databases(Map.of("größe-1", "b_2")).fault()).isEmpty();
    }

    /** A pattern stands for many, and another name is one. */
    @ParameterizedTest
    @ValueSource(strings = {"shop.*", "*.a", "s?op.a"})
    void aPatternInThePlaceOfAName(String pattern) {
        assertThat(names(Map.of(pattern, "shop.b")).fault()).isPresent();
        assertThat(names(Map.of("shop.a", pattern)).fault()).isPresent();
    }

    @Test
    void nothingInThePlaceOfAName() {
        assertThat(databases(Collections.singletonMap("a", null)).fault()).isPresent();
        assertThat(names(Collections.singletonMap("a.b", null)).fault()).isPresent();
        assertThat(new AdoptOrder(null).fault()).isPresent();
    }

    @Test
    void whatIsLongIsRefusedAndNotToldWhole() {
        for (Order order :
                List.of(
                        tables(LONG),
                        tables(LONG + "." + LONG),
                        tables("*".repeat(50_000) + "." + LONG),
                        databases(Map.of(LONG, "a")),
                        databases(Map.of("a", LONG)),
                        names(Map.of("a.b", "a." + LONG)),
                        restore(LONG, Content.ALL, Existing.REFUSE),
                        new AdoptOrder(LONG),
                        new DeleteOrder(Place.REMOTE, List.of("A", ".".repeat(100_000)), true))) {
            assertThat(order.fault())
                    .hasValueSatisfying(fault -> assertThat(fault.told()).hasSizeLessThan(400));
        }
    }

    /** Tables that are made anew are dropped: whoever says append wants them to stay. */
    @ParameterizedTest
    @CsvSource({
        "ALL, APPEND, false",
        "SCHEMA, APPEND, false",
        "DATA, REPLACE, false",
        "DATA, APPEND, true",
        "ALL, REPLACE, true",
        "SCHEMA, REPLACE, true",
        "ALL, REFUSE, true",
        "DATA, REFUSE, true",
    })
    void whatIsDoneAboutTablesFitsWhatIsRestored(Content content, Existing existing, boolean fits) {
        assertThat(restore("B", content, existing).fault().isEmpty()).isEqualTo(fits);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b", "a..b", "a b", "a?b", "", "-a", "a&rm", "a,b", "é", "a\n"})
    void aBackupWhoseNameAServerWouldChange(String name) {
        assertThat(restore(name, Content.ALL, Existing.REFUSE).fault()).isPresent();
        assertThat(new AdoptOrder(name).fault()).isPresent();
        assertThat(new DeleteOrder(Place.LOCAL, List.of("A", name), false).fault())
                .hasValueSatisfying(fault -> assertThat(fault.field()).isEqualTo("names"));
        assertThat(new DeleteOrder(Place.LOCAL, List.of("A"), false).fault()).isEmpty();
    }

    private static RestoreOrder tables(String... patterns) {
        return new RestoreOrder(
                "B", null, List.of(patterns), null, null, null, null, List.of("any, thing"));
    }

    private static RestoreOrder databases(Map<String, String> databases) {
        return new RestoreOrder("B", null, List.of("a.*"), null, databases, null, null, null);
    }

    private static RestoreOrder names(Map<String, String> names) {
        return new RestoreOrder("B", null, List.of("a.b"), null, null, names, null, null);
    }

    private static RestoreOrder restore(String backup, Content content, Existing existing) {
        return new RestoreOrder(backup, null, null, content, null, null, existing, null);
    }
}
