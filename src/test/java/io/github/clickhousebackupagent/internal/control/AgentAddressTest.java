package io.github.clickhousebackupagent.internal.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentAddressTest {

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
