package io.github.clickhousebackupagent.internal.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.internal.control.Control.Answer;
import io.github.clickhousebackupagent.internal.order.AdoptOrder;
import io.github.clickhousebackupagent.internal.order.DeleteOrder;
import io.github.clickhousebackupagent.internal.order.Order;
import io.github.clickhousebackupagent.internal.order.Place;
import io.github.clickhousebackupagent.internal.order.RestoreOrder;
import io.github.clickhousebackupagent.internal.order.RestoreOrder.Content;
import io.github.clickhousebackupagent.internal.order.RestoreOrder.Existing;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunRequest;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ControlTest {

    private static final Control CONTROL = new Control("secret", List.of("node"));

    static Stream<Arguments> orders() {
        return Stream.of(
                Arguments.of(RunKind.ADOPT, new AdoptOrder("B")),
                Arguments.of(
                        RunKind.DELETE, new DeleteOrder(Place.REMOTE, List.of("B", "A"), true)),
                Arguments.of(
                        RunKind.RESTORE,
                        new RestoreOrder(
                                "B",
                                Place.REMOTE,
                                List.of("shop.*"),
                                Content.SCHEMA,
                                Map.of("shop", "copy"),
                                Map.of("shop.a", "shop.b"),
                                Existing.REPLACE,
                                List.of("copy.a"))));
    }

    @ParameterizedTest
    @MethodSource("orders")
    void anOrderArrivesAsItWasGiven(RunKind kind, Order order) {
        RunRequest request = RunRequest.byOrder("node", kind, order, Instant.now());

        Answer answer = CONTROL.accept("Bearer secret", Control.json(request));

        assertThat(answer.status()).isEqualTo(202);
        assertThat(answer.request()).isEqualTo(request);
        assertThat(answer.body()).contains(request.run());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer ", "Bearer wrong", "secret", "Basic secret", "Bearer null"})
    void nobodyWithoutTheTokenDeletesAnything(String authorization) {
        String body =
                Control.json(
                        RunRequest.byOrder(
                                "node",
                                RunKind.DELETE,
                                new DeleteOrder(Place.REMOTE, List.of("B"), true),
                                Instant.now()));

        for (Control control : List.of(CONTROL, new Control(null, List.of("node")))) {
            assertThat(control.accept(authorization, body).status()).isEqualTo(401);
            assertThat(control.accept(authorization, body).accepted()).isFalse();
            assertThat(control.accept(null, body).accepted()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "[]",
                "{}",
                "{} {}",
                "{'run':'../../x','target':'node','kind':'adopt','order':{'backup':'B'}}",
                "{'run':'20261122T203000Z-1f00ab','target':'other','kind':'adopt','order':{'backup':'B'}}",
                "{'run':'20261122T203000Z-1f00ab','target':'node','kind':'full'}",
                "{'run':'20261122T203000Z-1f00ab','target':'node','kind':'adopt','order':{'backup':null}}",
                "{'run':'20261122T203000Z-1f00ab','target':'node','kind':'adopt','order':{'backup':'a/../b'}}",
                "{'run':'20261122T203000Z-1f00ab','target':'node','kind':'delete','order':{'place':'remote','names':[],'force':true}}",
                "{'run':'20261122T203000Z-1f00ab','target':'node','kind':'delete','order':{'place':'remote','names':['a?b'],'force':true}}",
                "{'run':'20261122T203000Z-1f00ab','target':'node','kind':'drill','order':{}}",
                "{'run':'20261122T203000Z-1f00ab','target':'node','kind':'delete','order':{'place':'remote'}}",
                "{'run':'20261122T203000Z-1f00ab','target':'node','kind':'delete','order':{'place':'moon','names':['B'],'force':false}}",
                "{'run':'20261122T203000Z-1f00ab','target':'node','kind':'restore','order':{'backup':'B','more':1}}"
            })
    void halfAnOrderIsNotCarriedOut(String body) {
        Answer answer = CONTROL.accept("Bearer secret", body.replace('\'', '"'));

        assertThat(answer.accepted()).isFalse();
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body()).contains("\"error\":");
    }

    @Test
    void theAddressIsForNobodyButTheUserOfTheAgent(@TempDir Path directory) throws Exception {
        AgentAddress address =
                AgentAddress.at(URI.create("http://127.0.0.1:1234"), AgentAddress.newToken());
        address.write(directory);
        address.write(directory);

        Path file = directory.resolve("agent.json");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(AgentAddress.read(directory)).contains(address);
        assertThat(address.token()).hasSize(64);
        assertThat(address).asString().doesNotContain(address.token());
        AgentAddress.remove(directory);
        assertThat(AgentAddress.read(directory)).isEmpty();
    }

    @Test
    void anAddressThatCannotBeReadIsNone(@TempDir Path directory) throws Exception {
        Files.writeString(directory.resolve("agent.json"), "{\"url\":");

        assertThat(AgentAddress.read(directory)).isEmpty();
    }
}
