package io.github.clickhousebackupagent.internal.order;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Map;
import java.util.Optional;

/** Orders as they stand in journals. Stateless. */
public final class Orders {

    private static final ObjectMapper MAPPER =
            JsonMapper.builder()
                    // A newer agent may have written it; half an order must not be carried out.
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                    .build();

    private Orders() {}

    /** Returns an order as keys and values. */
    public static Map<String, Object> toMap(Order order) {
        return MAPPER.convertValue(order, new TypeReference<>() {});
    }

    /**
     * Returns the order that keys and values stand for; empty if they do not stand for a whole one.
     */
    public static Optional<Order> of(Class<? extends Order> type, Object values) {
        if (values == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(MAPPER.convertValue(values, type));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // What it was to do is then not known, and is told as that.
        }
    }
}
