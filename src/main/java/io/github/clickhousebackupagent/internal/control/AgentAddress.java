package io.github.clickhousebackupagent.internal.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Where commands reach the agent that runs on a state folder, and what shows that they may: who can
 * read its {@code agent.json} can read and write all else there, too.
 *
 * @param url where it listens
 * @param token what a command must show; other at each start
 * @param pid its process
 */
public record AgentAddress(URI url, String token, long pid) {

    private static final String FILE = "agent.json";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** Returns a new token: 256 random bits in hexadecimal. */
    public static String newToken() {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** Returns the address of this process. */
    public static AgentAddress at(URI url, String token) {
        return new AgentAddress(url, token, ProcessHandle.current().pid());
    }

    /** Writes it into a state folder, for nobody but the user of this process. */
    public void write(Path stateDirectory) {
        Path file = stateDirectory.resolve(FILE);
        Path fresh = stateDirectory.resolve(FILE + ".new");
        try {
            Files.deleteIfExists(fresh);
            Files.createFile(fresh, onlyForUs(stateDirectory));
            Files.write(fresh, MAPPER.writeValueAsBytes(this));
            move(fresh, file);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written: " + e, e);
        }
    }

    /**
     * Returns what stands in a state folder; empty where nothing does, or nothing that can be read:
     * an agent that was killed leaves it behind, and its user may be another.
     */
    public static Optional<AgentAddress> read(Path stateDirectory) {
        try {
            return Optional.of(
                    MAPPER.readValue(
                            Files.readAllBytes(stateDirectory.resolve(FILE)), AgentAddress.class));
        } catch (NoSuchFileException | JsonProcessingException e) {
            return Optional.empty();
        } catch (FileSystemException e) {
            return Optional.empty(); // Of another user: then nothing here can be changed either.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes it from a state folder. */
    public static void remove(Path stateDirectory) {
        try {
            Files.deleteIfExists(stateDirectory.resolve(FILE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    static FileAttribute<?>[] onlyForUs(Path directory) {
        boolean posix = directory.getFileSystem().supportedFileAttributeViews().contains("posix");
        return posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }

    /** Hides the token, which a log could show otherwise. */
    @Override
    public String toString() {
        return "AgentAddress[url=%s, pid=%d]".formatted(url, pid);
    }
}
