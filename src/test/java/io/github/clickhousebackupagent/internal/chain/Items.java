package io.github.clickhousebackupagent.internal.chain;

import io.github.clickhousebackupagent.api.BackupItem;
import java.util.List;

/** Backups as a server lists them. */
final class Items {

    private Items() {}

    static BackupItem full(String name) {
        return item(name, "", 1000, "tar, regular");
    }

    static BackupItem diff(String name, String base) {
        return item(name, base, 100, "tar, regular");
    }

    static BackupItem broken(String name) {
        return item(name, "", 0, "broken (can't stat metadata.json)");
    }

    static BackupItem item(String name, String base, long size, String description) {
        return new BackupItem(name, "2026-11-22 12:00:00", size, "remote", base, description);
    }

    static Backups list(BackupItem... items) {
        return new Backups(List.of(items));
    }
}
