package io.github.clickhousebackupagent.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.run.Outcome;
import io.github.clickhousebackupagent.run.RunResult;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupRunTest {

    @TempDir Path directory;

    @Test
    void fullThenDiff() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            RunResult full = agent.full();
            System.out.println(full);
            RunResult diff = agent.diff();
            System.out.println(diff);
            System.out.println(agent.log());
            agent.journal().forEach(System.out::println);
            server.calls().forEach(System.out::println);
            assertThat(full.outcome()).isEqualTo(Outcome.SUCCESS);
        }
    }
}
