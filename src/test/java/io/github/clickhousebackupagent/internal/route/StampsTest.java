package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StampsTest {

    private static final Instant LONG_AGO = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir private Path directory;
    private Path config;
    private Path folder;
    private Path route;
    private Path secret;

    @BeforeEach
    void write() throws IOException {
        config = old(Files.writeString(directory.resolve("agent.yaml"), "targets: {}"));
        secret = old(Files.writeString(directory.resolve("password"), "pass"));
        folder = Files.createDirectory(directory.resolve("routes"));
        route = old(Files.writeString(folder.resolve("run.camel.yaml"), "- route:"));
        old(folder);
    }

    private static Path old(Path file) throws IOException {
        return Files.setLastModifiedTime(file, FileTime.from(LONG_AGO));
    }

    private Stamps look() {
        return Stamps.of(config, folder, List.of(secret));
    }

    @Test
    void filesThatNobodyTouchedNeedNotBeRead() {
        Stamps before = look();
        assertThat(before.again()).isEqualTo(before);
        assertThat(before.areOld()).isTrue();
    }

    @Test
    void aFileThatIsWrittenAnewIsSeen() throws IOException {
        Stamps before = look();
        Files.writeString(route, "- from:");
        assertThat(before.again()).isNotEqualTo(before);
        assertThat(look().areOld()).as("it may be written again at the same time").isFalse();
    }

    @Test
    void aFileThatTakesThePlaceOfOneAsLargeAndOldIsSeen() throws IOException {
        Stamps before = look();
        Path beside = old(Files.writeString(directory.resolve("beside"), "word"));
        Files.move(beside, secret, StandardCopyOption.ATOMIC_MOVE);
        assertThat(before.again()).isNotEqualTo(before);
    }

    @Test
    void aVolumeThatChangesByItsLinkIsSeen() throws IOException {
        Path first = Files.createDirectory(directory.resolve("..1"));
        Path second = Files.createDirectory(directory.resolve("..2"));
        old(Files.writeString(first.resolve("password"), "pass"));
        old(Files.writeString(second.resolve("password"), "word"));
        Path data = Files.createSymbolicLink(directory.resolve("..data"), Path.of("..1"));
        Path mounted =
                Files.createSymbolicLink(directory.resolve("mounted"), Path.of("..data/password"));
        Stamps before = Stamps.of(config, folder, List.of(mounted));
        Path fresh = Files.createSymbolicLink(directory.resolve("..fresh"), Path.of("..2"));
        Files.move(fresh, data, StandardCopyOption.ATOMIC_MOVE);
        assertThat(before.again()).isNotEqualTo(before);
    }

    @Test
    void filesThatComeAndGoAreSeen() throws IOException {
        Stamps before = look();
        Path other = Files.writeString(folder.resolve("other.camel.yaml"), "- route:");
        Stamps with = look();
        assertThat(before.again()).isNotEqualTo(before);
        Files.delete(other);
        assertThat(with.again()).isNotEqualTo(with);
        Files.delete(secret);
        Stamps without = look();
        Files.writeString(secret, "pass");
        assertThat(without.again()).isNotEqualTo(without);
    }
}
