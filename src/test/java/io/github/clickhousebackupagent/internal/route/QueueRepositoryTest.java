package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QueueRepositoryTest {

    @TempDir Path directory;

    /** Camel goes through all that is listed for each step of each route. */
    @Test
    void theStartOfManyTargetsDoesNotGoThroughTheQueuesOfAllForEach() {
        Map<String, SimulatedServer> servers = new LinkedHashMap<>();
        try (SimulatedServer server = SandboxAgent.server().start()) {
            for (int i = 0; i < 5; i++) {
                servers.put("node-" + i, server);
            }
            try (SandboxAgent agent =
                    SandboxAgent.start(directory, servers, "", Clock.systemUTC())) {
                Registry registry = agent.agent().context().getRegistry();

                assertThat(registry.findByType(EndingQueue.class)).hasSize(1);
                assertThat(registry.findByTypeWithName(EndingQueue.class))
                        .containsOnlyKeys("hooks-queue");
                assertThat(registry.lookupByNameAndType("queue-node-3", EndingQueue.class))
                        .isNotNull()
                        .isSameAs(registry.lookupByName("queue-node-3"));
                assertThat(registry.lookupByNameAndType("queue-node-3", String.class)).isNull();
                assertThat(registry.lookupByName("queue-node-5")).isNull();
                assertThat(agent.agent().context().getRoutes())
                        .filteredOn(route -> route.getRouteId().startsWith("queue-node-"))
                        .hasSize(5);
            }
        }
    }
}
