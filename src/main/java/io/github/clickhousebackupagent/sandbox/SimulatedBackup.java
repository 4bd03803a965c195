package io.github.clickhousebackupagent.sandbox;

import java.time.Instant;

/**
 * A backup as the simulated server has it, locally or remotely.
 *
 * @param name its name
 * @param created when it was made; {@link Instant#EPOCH} where the server does not know it, of a
 *     broken one
 * @param required the name of its base, empty for a full backup
 * @param sizeBytes the size that the lists show, in bytes; 0 where they show none
 * @param broken why it cannot be used, as the list says it; empty for a whole backup
 */
public record SimulatedBackup(
        String name, Instant created, String required, long sizeBytes, String broken) {}
