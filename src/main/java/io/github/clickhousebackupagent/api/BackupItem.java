package io.github.clickhousebackupagent.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * One backup, as {@code GET /backup/list}, with {@code /local} and {@code /remote} too, tells it.
 *
 * @param name the backup's name
 * @param created server's local time, {@code yyyy-MM-dd HH:mm:ss}, without a zone
 * @param size bytes; on 2.4 of the whole data also for an increment, on 2.8 of what was uploaded,
 *     if anything was
 * @param location {@code local} or {@code remote}
 * @param required name of the base that a restore of it needs; empty for a complete backup
 * @param description such as {@code tar, regular}; begins with {@code broken} for one that cannot
 *     be restored; {@code old-format} for what has no metadata, which on 2.4 is what a create
 *     leaves that was cut off
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record BackupItem(
        String name,
        String created,
        long size,
        String location,
        String required,
        @JsonProperty("desc") String description) {

    /** Puts empty text in the place of what a server leaves out. */
    public BackupItem {
        created = created == null ? "" : created;
        required = required == null ? "" : required;
        description = description == null ? "" : description;
    }

    /** Returns whether it is on the server's disk, and not on remote storage. */
    public boolean local() {
        return "local".equals(location);
    }

    /** Returns whether the server says that it cannot be restored. */
    public boolean broken() {
        return description.contains("broken") || description.contains("old-format");
    }
}
