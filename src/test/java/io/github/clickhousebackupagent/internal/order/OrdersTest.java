package io.github.clickhousebackupagent.internal.order;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whether two wishes with one key are the same. */
class OrdersTest {

    private static final RestoreOrder ORDER =
            new RestoreOrder(
                    "B",
                    Place.LOCAL,
                    List.of("shop.*", "crm.*"),
                    null,
                    Map.of("shop", "a", "crm", "b"),
                    null,
                    RestoreOrder.Existing.REPLACE,
                    List.of("a.orders"));

    @Test
    void anOrderThatComesAgainIsTheSameAsThatInTheJournal() throws Exception {
        Object written =
                json(
                        """
                        {"existing": "replace", "agreed": ["a.orders"], "names": {},
                         "databases": {"shop": "a", "crm": "b"}, "backup": "B", "content": "all",
                         "tables": ["shop.*", "crm.*"], "from": "local"}
                        """);

        assertThat(Orders.hash(Orders.toMap(ORDER))).isEqualTo(Orders.hash(written)).hasSize(64);
        assertThat(Orders.hash(Orders.toMap(new AdoptOrder("B"))))
                .isEqualTo(Orders.hash(json("{\"backup\": \"B\"}")));
    }

    /** A journal has what was left out as null, or not at all. */
    @Test
    void whatWasLeftOutMakesNoDifference() throws Exception {
        assertThat(Orders.hash(json("{\"backup\": \"B\", \"from\": null}")))
                .isEqualTo(Orders.hash(json("{\"backup\": \"B\"}")));
    }

    @Test
    void anotherOrderIsAnotherOne() throws Exception {
        String same = Orders.hash(Orders.toMap(ORDER));
        for (Object other :
                List.of(
                        json("{\"backup\": \"B\"}"),
                        json("{\"tables\": [\"crm.*\", \"shop.*\"]}"),
                        Orders.toMap(new DeleteOrder(Place.LOCAL, List.of("B"), true)))) {
            assertThat(Orders.hash(other)).isNotEqualTo(same);
        }
        assertThat(Orders.hash(json("{\"agreed\": [\"a\", \"b\"]}")))
                .isNotEqualTo(Orders.hash(json("{\"agreed\": [\"b\", \"a\"]}")));
    }

    private static Map<String, Object> json(String text) throws Exception {
        return new ObjectMapper().readValue(text, new TypeReference<>() {});
    }
}
