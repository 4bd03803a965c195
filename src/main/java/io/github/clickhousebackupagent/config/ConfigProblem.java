package io.github.clickhousebackupagent.config;

/**
 * One thing that is wrong in a configuration.
 *
 * @param file name of the file, or of what else the configuration comes from
 * @param line line in the file, from 1; 0: it has no lines
 * @param key path of the key, parts joined by dots, such as {@code schedules.daily.cron}
 * @param found what stands there; never the value of a secret
 * @param allowed what may stand there
 */
public record ConfigProblem(String file, int line, String key, String found, String allowed) {

    @Override
    public String toString() {
        String place = line == 0 ? file : file + ":" + line;
        return "%s: %s: found %s; allowed: %s".formatted(place, key, found, allowed);
    }
}
