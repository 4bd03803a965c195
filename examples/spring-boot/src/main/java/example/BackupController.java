package example;

import io.github.clickhousebackupagent.BackupAgent;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.event.RunEvent;
import java.util.concurrent.CompletableFuture;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Makes a backup by hand: whoever may call this may have one made. */
@RestController
class BackupController {

    private final BackupAgent agent;

    BackupController(BackupAgent agent) {
        this.agent = agent;
    }

    @PostMapping("/backups/{target}")
    CompletableFuture<RunEvent> backUp(@PathVariable("target") String target) {
        return agent.backupAsync(target, BackupKind.FULL);
    }
}
