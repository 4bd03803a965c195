package io.github.clickhousebackupagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BackupConfigTest {

    @Test
    void defaults() throws Exception {
        BackupConfig config = ConfigGroups.parse("").backup();

        assertThat(config)
                .isEqualTo(
                        new BackupConfig(
                                "FULL_CH_BK_",
                                "DIFF_CH_BK_",
                                BasePolicy.PREVIOUS,
                                72,
                                NoBasePolicy.FULL_UPLOAD));
        assertThat(config.prefix(BackupKind.FULL)).isEqualTo("FULL_CH_BK_");
        assertThat(config.prefix(BackupKind.DIFF)).isEqualTo("DIFF_CH_BK_");
        ConfigGroups.assertSchemaDefaults("/properties/backup", BackupConfig.defaults());
    }

    @Test
    void everythingElse() {
        assertThat(
                        ConfigGroups.parse(
                                        """
                                        backup:
                                          full-prefix: F-
                                          diff-prefix: D-
                                          base: last-full
                                          max-chain-length: 0
                                          when-no-base: promote-to-full
                                        """)
                                .backup())
                .isEqualTo(
                        new BackupConfig(
                                "F-", "D-", BasePolicy.LAST_FULL, 0, NoBasePolicy.PROMOTE_TO_FULL));
    }

    @Test
    void unknownKey() {
        ConfigGroups.assertUnknown(
                "backup: { max-chain-lenght: 3 }", "max-chain-lenght", "max-chain-length");
    }
}
