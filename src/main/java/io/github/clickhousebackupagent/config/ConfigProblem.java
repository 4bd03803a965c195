package io.github.clickhousebackupagent.config;

/**
 * One thing that is wrong in a configuration.
 *
 * @param file name of the file
 * @param line line in the file, from 1
 * @param key path of the key, parts joined by dots, such as {@code schedules.daily.cron}
 * @param found what stands there; never the value of a secret
 * @param allowed what may stand there
 */
public record ConfigProblem(String file, int line, String key, String found, String allowed) {

    @Override
    public String toString() {
        return "%s:%d: %s: found %s; allowed: %s".formatted(file, line, key, found, allowed);
    }
}
