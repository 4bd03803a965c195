package io.github.clickhousebackupagent.internal.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLocksTest {

    @TempDir Path directory;

    @Test
    void oneTakesItAndTheOtherWaitsUntilItIsReleased() {
        FileLocks one = locks();
        FileLocks other = locks();

        assertThat(one.take("node")).isTrue();
        assertThat(other.take("node")).isFalse();
        assertThat(one.take("node")).as("the same agent, twice").isFalse();
        one.release("node");
        assertThat(other.take("node")).isTrue();
        other.release("node");
    }

    @Test
    void whoeverAsksIsToldAndTakesNothing() {
        FileLocks holder = locks();
        FileLocks asking = locks();

        assertThat(asking.isHeld("node")).isFalse();
        assertThat(directory.resolve("node")).as("asking makes nothing").doesNotExist();
        assertThat(holder.take("node")).isTrue();
        assertThat(asking.isHeld("node")).isTrue();
        assertThat(holder.isHeld("node")).isTrue();
        holder.release("node");
        assertThat(asking.isHeld("node")).isFalse();
        assertThat(holder.take("node")).isTrue();
        holder.release("node");
    }

    @Test
    void aProbeThatAsksAllTheTimeKeepsNobodyFromTakingIt() throws Exception {
        Process probe = start(Probe.class);
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(probe.getInputStream()))) {
            FileLocks locks = locks();
            locks.take("node");
            locks.release("node");
            assertThat(out.readLine()).isEqualTo("asks");

            for (int i = 0; i < 300; i++) {
                assertThat(locks.take("node")).as("time " + i).isTrue();
                locks.release("node");
            }
        } finally {
            probe.destroyForcibly().waitFor();
        }
    }

    @Test
    void targetsDoNotLockEachOther() {
        FileLocks locks = locks();

        assertThat(locks.take("a")).isTrue();
        assertThat(locks.take("b")).isTrue();
        locks.release("a");
        locks.release("b");
    }

    @Test
    void releasingWhatIsNotHeldDoesNotFreeTheLockOfAnother() {
        FileLocks one = locks();
        FileLocks other = locks();
        one.take("node");

        other.release("node");

        assertThat(other.take("node")).isFalse();
        one.release("node");
    }

    @Test
    void anotherProcessHoldsItUntilItDies() throws Exception {
        Process process = start(Holder.class);
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream()))) {
            assertThat(out.readLine()).isEqualTo("true");
            assertThat(locks().isHeld("node")).isTrue();
            assertThat(locks().take("node")).isFalse();
        } finally {
            process.destroyForcibly().waitFor();
        }

        FileLocks after = locks();
        assertThat(after.take("node")).isTrue();
        after.release("node");
    }

    private Process start(Class<?> what) throws Exception {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xshare:auto",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        what.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Asks until it is killed, at the pace of many probes. */
    static final class Probe {
        private Probe() {}

        public static void main(String[] arguments) {
            FileLocks locks = new FileLocks(Path.of(arguments[0])::resolve);
            System.out.println("asks");
            while (true) {
                locks.isHeld("node");
                java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
            }
        }
    }

    /** Takes the lock, says so, and holds it until it is killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws Exception {
            FileLocks locks = new FileLocks(Path.of(arguments[0])::resolve);
            System.out.println(locks.take("node"));
            System.in.read();
        }
    }

    @Test
    void aFolderThatCannotBeMadeIsToldByName() throws Exception {
        Files.writeString(directory.resolve("node"), "a file");

        assertThatThrownBy(() -> locks().take("node"))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(directory.resolve("node") + ": cannot be locked");
    }

    private FileLocks locks() {
        return new FileLocks(directory::resolve);
    }
}
