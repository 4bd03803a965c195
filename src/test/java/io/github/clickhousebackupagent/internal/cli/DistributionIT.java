package io.github.clickhousebackupagent.internal.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is delivered: the folder, the archive and the jar. */
class DistributionIT {

    private static final Path FOLDER = Path.of(System.getProperty(AgentProcess.DISTRIBUTION));

    @TempDir Path directory;

    @Test
    void theFolderHasWhatUsersEdit() {
        assertThat(FOLDER.resolve("bin/clickhouse-backup-agent")).isExecutable();
        for (String file :
                List.of(
                        "config/agent.yaml",
                        "config/agent.schema.json",
                        "config/log4j2.xml",
                        "routes/run-backup.camel.yaml",
                        "routes/optional/webhook.camel.yaml",
                        "LICENSE",
                        "README.md")) {
            assertThat(FOLDER.resolve(file)).isRegularFile();
        }
    }

    @Test
    void theArchiveHoldsTheFolder() throws Exception {
        Process tar =
                new ProcessBuilder("tar", "-xzf", archive().toString(), "-C", directory.toString())
                        .inheritIO()
                        .start();
        assertThat(tar.waitFor()).isZero();
        Path unpacked = only(directory);
        assertThat(unpacked.resolve("bin/clickhouse-backup-agent")).isExecutable();
        assertThat(names(unpacked)).isEqualTo(names(FOLDER));
        assertThat(names(unpacked.resolve("lib"))).isEqualTo(names(FOLDER.resolve("lib")));
    }

    @Test
    void theJarIsThinAndHoldsTheSameRoutes() throws Exception {
        try (JarFile jar =
                        new JarFile(
                                only(FOLDER.resolve("lib"), "clickhouse-backup-agent").toFile());
                Stream<Path> routes = Files.list(FOLDER.resolve("routes"))) {
            for (Path route : routes.filter(Files::isRegularFile).toList()) {
                JarEntry entry = jar.getJarEntry("routes/" + route.getFileName());
                assertThat(jar.getInputStream(entry)).hasBinaryContent(Files.readAllBytes(route));
            }
            assertThat(jar.stream().map(JarEntry::getName).filter(name -> name.endsWith(".class")))
                    .allMatch(name -> name.startsWith("io/github/clickhousebackupagent/"));
            for (String file : List.of("index.html", "app.js", "uPlot.esm.js", "uPlot.LICENSE")) {
                String entry = "io/github/clickhousebackupagent/page/" + file;
                assertThat(jar.getJarEntry(entry)).as(entry).isNotNull();
            }
            assertThat(names(FOLDER.resolve("lib"))).noneMatch(name -> name.contains("uplot"));
            assertThat(Files.readString(FOLDER.resolve("sbom.cdx.json")))
                    .contains("pkg:maven/org.webjars.npm/uplot@");
            // It must not set up the log of an application that it is put into.
            assertThat(jar.getJarEntry("log4j2.xml")).isNull();
        }
    }

    @Test
    void withoutAFolderOfRoutesThoseOfTheJarWork() throws Exception {
        Files.createSymbolicLink(directory.resolve("lib"), FOLDER.resolve("lib"));
        Path bin = Files.createDirectory(directory.resolve("bin"));
        Path script = bin.resolve("clickhouse-backup-agent");
        Files.copy(FOLDER.resolve("bin/clickhouse-backup-agent"), script);
        assertThat(script.toFile().setExecutable(true)).isTrue();
        try (SimulatedServer server = SimulatedServer.builder().start()) {
            Process process =
                    new ProcessBuilder(
                                    script.toString(),
                                    "create_full_backup",
                                    "127.0.0.1:" + server.port(),
                                    "--log-directory",
                                    directory.resolve("log").toString(),
                                    "--state-directory",
                                    directory.resolve("state").toString())
                            .redirectErrorStream(true)
                            .redirectOutput(directory.resolve("out").toFile())
                            .start();
            assertThat(process.waitFor()).as(Files.readString(directory.resolve("out"))).isZero();
            assertThat(server.remote()).hasSize(1);
        }
    }

    private static Path archive() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER.getParent())) {
            return files.filter(file -> file.toString().endsWith("-bin.tar.gz"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static Path only(Path folder) throws IOException {
        return only(folder, "");
    }

    private static Path only(Path folder, String prefix) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> found =
                    files.filter(file -> file.getFileName().toString().startsWith(prefix)).toList();
            assertThat(found).hasSize(1);
            return found.get(0);
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
