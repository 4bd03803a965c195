package io.github.clickhousebackupagent;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What depends on what. The packages outside of {@code internal} are what embedders may use. */
class LayoutTest {

    private static final String ROOT = "io.github.clickhousebackupagent";
    private static final String INTERNAL = ROOT + ".internal..";

    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages(ROOT);

    /** What puts decisions into Camel, and nothing else. */
    private static final String[] CAMEL = {
        ROOT, ROOT + ".internal.route..", ROOT + ".internal.cli"
    };

    @Test
    void whatDecidesKnowsNoCamel() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackages(CAMEL)
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("org.apache.camel.."));
    }

    /** Where there are no traces, nothing of it is loaded; where it is not there, nothing fails. */
    @Test
    void nothingButTheTracesKnowsOpenTelemetry() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage(ROOT + ".internal.trace")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("io.opentelemetry.."));
    }

    @Test
    void featuresHaveNoCycles() {
        check(slices().matching(ROOT + ".internal.(*)..").should().beFreeOfCycles());
    }

    @Test
    void nothingButTheRootStartsAnAgentOrACommand() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackages(
                                ROOT, ROOT + ".internal.route..", ROOT + ".internal.cli")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(
                                ROOT, ROOT + ".internal.route..", ROOT + ".internal.cli"));
    }

    @Test
    void theSandboxIsAServerAndKnowsNoAgent() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage(ROOT + ".sandbox")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage(INTERNAL));
    }

    @Test
    void nothingButTheDemoKnowsTheSandbox() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackages(ROOT + ".sandbox", ROOT + ".internal.cli")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage(ROOT + ".sandbox"));
    }

    @Test
    void whatEmbeddersUseNamesNothingInternal() {
        check(
                classes()
                        .that()
                        .resideOutsideOfPackage(INTERNAL)
                        .and()
                        .arePublic()
                        .should(nameNothingInternal()));
    }

    /** What is copied from there must go on working when what is internal changes. */
    @Test
    void examplesAndKameletsUseNothingInternal() throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path folder : List.of(Path.of("examples"), Path.of("kamelets"))) {
            try (Stream<Path> files = Files.walk(folder)) {
                files.filter(file -> file.toString().matches(".*\\.(java|yaml|properties|xml)"))
                        .filter(file -> !file.toString().contains("/target/"))
                        .forEach(found::add);
            }
        }
        assertThat(found).hasSizeGreaterThan(20);
        for (Path file : found) {
            assertThat(Files.readString(file))
                    .as(file.toString())
                    .doesNotContain("clickhousebackupagent.internal");
        }
    }

    /** Several agents live in one process, each in a context of its own. */
    @Test
    void thereIsNoStateThatAgentsShare() {
        check(fields().that().areStatic().should().beFinal().andShould(beOfNoMutableType()));
    }

    private static void check(ArchRule rule) {
        rule.check(CLASSES);
    }

    private static ArchCondition<JavaClass> nameNothingInternal() {
        return new ArchCondition<>("name nothing internal in what is public") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                for (JavaCodeUnit unit : type.getCodeUnits()) {
                    if (isShown(unit.getModifiers())) {
                        Stream.concat(
                                        unit.getRawParameterTypes().stream(),
                                        Stream.of(unit.getRawReturnType()))
                                .filter(resideInAnyPackage(INTERNAL))
                                .forEach(
                                        used ->
                                                events.add(
                                                        SimpleConditionEvent.violated(
                                                                unit,
                                                                unit.getFullName()
                                                                        + " names "
                                                                        + used.getName())));
                    }
                }
            }
        };
    }

    private static boolean isShown(Set<JavaModifier> modifiers) {
        return modifiers.contains(JavaModifier.PUBLIC)
                || modifiers.contains(JavaModifier.PROTECTED);
    }

    private static ArchCondition<JavaField> beOfNoMutableType() {
        return new ArchCondition<>("be of no type that is there to be changed") {
            @Override
            public void check(JavaField field, ConditionEvents events) {
                String type = field.getRawType().getName();
                boolean changes =
                        type.startsWith("java.util.concurrent.")
                                        && !type.equals("java.util.concurrent.TimeUnit")
                                || type.endsWith("Builder")
                                || type.equals("java.util.HashMap")
                                || type.equals("java.util.ArrayList");
                if (changes) {
                    events.add(
                            SimpleConditionEvent.violated(
                                    field, field.getFullName() + " is of " + type));
                }
            }
        };
    }
}
