package io.github.clickhousebackupagent.internal.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clickhousebackupagent.internal.order.BackupAt;
import io.github.clickhousebackupagent.internal.order.DeleteOrder;
import io.github.clickhousebackupagent.internal.order.Order;
import io.github.clickhousebackupagent.internal.order.Orders;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunRequest;
import io.github.clickhousebackupagent.internal.text.NearestName;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Takes in what commands want from the agent that runs. Stateless.
 *
 * @param token what a command must show; null: no command may
 * @param targets names of the agent's targets
 */
public record Control(String token, Collection<String> targets) {

    private static final ObjectMapper MAPPER =
            JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
    private static final String RUN = "[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}";

    /**
     * What is answered.
     *
     * @param status HTTP status: 202, or 401 or 400 where nothing is done
     * @param body JSON: {@code run}, or {@code error}
     * @param request what is done; null: nothing
     */
    public record Answer(int status, String body, RunRequest request) {

        /** Returns whether anything is done. */
        public boolean accepted() {
            return request != null;
        }
    }

    /** Returns a request as a command sends it. */
    public static String json(RunRequest request) {
        ObjectNode node = MAPPER.createObjectNode();
        node.put("run", request.run());
        node.put("target", request.target());
        node.put("kind", request.kind().word());
        node.set("order", MAPPER.valueToTree(Orders.toMap(request.order())));
        return node.toString();
    }

    /**
     * Returns what becomes of a call.
     *
     * @param authorization its header; may be null
     * @param body may be null
     */
    public Answer accept(String authorization, String body) {
        if (token == null) {
            return refused(401, "this agent takes no orders");
        }
        byte[] wanted = ("Bearer " + token).getBytes(StandardCharsets.UTF_8);
        byte[] shown = String.valueOf(authorization).getBytes(StandardCharsets.UTF_8);
        // Takes as long for a token that begins well as for any other.
        if (!MessageDigest.isEqual(wanted, shown)) {
            return refused(401, "no token, or not that of this agent");
        }
        try {
            return accept(MAPPER.readTree(body == null ? "" : body));
        } catch (JsonProcessingException e) {
            return refused(400, "found no JSON; allowed: one JSON object");
        }
    }

    private Answer accept(JsonNode node) {
        String run = node.path("run").asText();
        String target = node.path("target").asText();
        if (!run.matches(RUN)) {
            return refused(400, "run: found '%s'; allowed: %s".formatted(run, RUN));
        }
        if (!targets.contains(target)) {
            return refused(
                    400,
                    "target: found '%s'; allowed: %s"
                            .formatted(target, NearestName.allowed(target, targets)));
        }
        Optional<RunKind> kind =
                RunKind.of(node.path("kind").asText()).filter(known -> !known.makesBackup());
        if (kind.isEmpty()) {
            return refused(
                    400,
                    "kind: found '%s'; allowed: restore, delete, adopt"
                            .formatted(node.path("kind").asText()));
        }
        Optional<Order> order = Orders.of(kind.get().order(), node.get("order"));
        if (order.isEmpty()) {
            return refused(400, "order: found none of a " + kind.get().word());
        }
        List<String> names =
                order.get() instanceof DeleteOrder all
                        ? all.names()
                        : Collections.singletonList(order.get().backup());
        if (names.isEmpty() || !names.stream().allMatch(BackupAt::isName)) {
            return refused(400, "order: found a name of a backup that none can have");
        }
        return new Answer(
                202,
                MAPPER.createObjectNode().put("run", run).toString(),
                new RunRequest(run, target, kind.get(), order.get(), null, null));
    }

    private static Answer refused(int status, String error) {
        return new Answer(status, MAPPER.createObjectNode().put("error", error).toString(), null);
    }
}
