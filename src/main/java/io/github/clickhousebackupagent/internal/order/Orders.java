package io.github.clickhousebackupagent.internal.order;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
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

    /** Writes the same in one way, whatever was left out and in which order keys came. */
    private static final ObjectMapper CANONICAL =
            JsonMapper.builder()
                    .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                    .defaultPropertyInclusion(
                            JsonInclude.Value.construct(
                                    JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
                    .build();

    private Orders() {}

    /**
     * Returns what tells an order from others: SHA-256 of it, in hexadecimal digits.
     *
     * @param values an order as keys and values
     */
    public static String hash(Object values) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(CANONICAL.writeValueAsBytes(values)));
        } catch (JsonProcessingException | NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // Each Java has it, and values came of JSON.
        }
    }

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
