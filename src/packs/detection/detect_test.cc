#include "packs/detection/detect.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "packs/detection/option_edit.h"
#include "packs/runtime/hotspot.h"

namespace trimtab::packs {
namespace {

using Words = std::vector<std::string>;

// A form as it stands in pod specs, Dockerfiles and /proc, and what it is.
struct Form {
  Words command;
  Environment environment;
  const char* image;
  const char* runtime;
  const char* version;
  Words flags;
};

const std::vector<Form> kJavaForms{
    {{"java", "-jar", "app.jar"}, {}, "", "hotspot", "unknown", {}},
    {{"/usr/bin/java", "-Xmx1g", "-jar", "app.jar", "-Xmx2g"}, {}, "", "hotspot", "unknown", {"-Xmx1g"}},
    {{"/opt/java/openjdk/bin/java", "-cp", "a:b", "-Xss512k", "com.example.Main", "-v"},
     {},
     "eclipse-temurin:17",
     "hotspot",
     "17.0.0",
     {"-cp", "a:b", "-Xss512k"}},
    {{"java", "-Xmx512m", "-m", "shop/shop.Main"}, {}, "", "hotspot", "unknown", {"-Xmx512m"}},
    {{"java", "@/app/jvm.options", "-jar", "a.jar"}, {}, "", "hotspot", "unknown", {"@/app/jvm.options"}},
    {{"sh", "-c", "java -Xmx1g -jar /app.jar"}, {}, "", "hotspot", "unknown", {"-Xmx1g"}},
    {{"/bin/sh", "-c", "exec java $JAVA_OPTS -jar app.jar"},
     {{"JAVA_OPTS", "-Xmx256m -XX:+UseSerialGC"}},
     "openjdk:11.0.16-jre-slim",
     "hotspot",
     "11.0.16",
     {"-Xmx256m", "-XX:+UseSerialGC"}},
    {{"bash", "-ec", "ulimit -n 4096; exec java ${JAVA_OPTS:--Xmx300m} -jar app.jar"},
     {},
     "",
     "hotspot",
     "unknown",
     {"-Xmx300m"}},
    {{"sh", "-c", "java \"-Dname=two words\" -Xmx1g -jar app.jar --x='y z'"},
     {},
     "",
     "hotspot",
     "unknown",
     {"-Dname=two words", "-Xmx1g"}},
    {{"sh", "-c", "export A=-Xmx64m && java $A -jar app.jar"}, {}, "", "hotspot", "unknown", {"-Xmx64m"}},
    {{"sh", "-c", "MEM=128\njava -Xmx${MEM}m -jar app.jar"}, {}, "", "hotspot", "unknown", {"-Xmx128m"}},
    {{"sh", "-c", "cd /app && ./wait-for db:5432 && exec java -Xms64m -jar app.jar"},
     {},
     "",
     "hotspot",
     "unknown",
     {"-Xms64m"}},
    {{"tini", "--", "java", "-Xmx1g", "-jar", "app.jar"}, {}, "", "hotspot", "unknown", {"-Xmx1g"}},
    {{"/usr/bin/dumb-init", "java", "-Xmx1g", "-jar", "app.jar"}, {}, "", "hotspot", "unknown", {"-Xmx1g"}},
    {{"/sbin/tini", "-g", "--", "sh", "-c", "exec java -Xmx1g -jar app.jar"}, {}, "", "hotspot", "unknown", {"-Xmx1g"}},
    {{"env", "JAVA_TOOL_OPTIONS=-Xmx99m", "java", "-jar", "app.jar"}, {}, "", "hotspot", "unknown", {"-Xmx99m"}},
    {{"nice", "-n", "5", "java", "-Xmx1g", "-jar", "a.jar"}, {}, "", "hotspot", "unknown", {"-Xmx1g"}},
    {{"gosu", "app", "java", "-Xmx1g", "-jar", "a.jar"}, {}, "", "hotspot", "unknown", {"-Xmx1g"}},
    {{"su-exec", "1000:1000", "java", "-jar", "a.jar"}, {}, "", "hotspot", "unknown", {}},
    {{"timeout", "60", "java", "-Xmx1g", "-jar", "a.jar"}, {}, "", "hotspot", "unknown", {"-Xmx1g"}},
    {{"java", "$(OPTIONS)", "-jar", "a.jar"}, {{"OPTIONS", "-Xmx77m"}}, "", "hotspot", "unknown", {"-Xmx77m"}},
    {{"java", "-jar", "app.jar"},
     {{"JAVA_TOOL_OPTIONS", "-Xmx300m '-Dx=a b'"}, {"_JAVA_OPTIONS", "-Xmx200m"}},
     "",
     "hotspot",
     "unknown",
     {"-Xmx300m", "-Dx=a b", "-Xmx200m"}},
    {{"java", "-Xmx2g", "-jar", "app.jar"},
     {{"JDK_JAVA_OPTIONS", "-XX:+UseZGC"}},
     "",
     "hotspot",
     "unknown",
     {"-XX:+UseZGC", "-Xmx2g"}},
    {{}, {{"JAVA_TOOL_OPTIONS", "-Xmx1g"}}, "registry.example/shop/cart:3.1", "hotspot", "unknown", {"-Xmx1g"}},
    {{}, {{"CATALINA_OPTS", "-Xmx1g"}}, "tomcat:10.1-jdk17-temurin", "hotspot", "17.0.0", {"-Xmx1g"}},
    {{}, {{"KAFKA_HEAP_OPTS", "-Xms4g -Xmx4g"}}, "apache/kafka:3.9.0", "hotspot", "unknown", {"-Xms4g", "-Xmx4g"}},
    {{},
     {{"ES_JAVA_OPTS", "-Xmx2g"}},
     "docker.elastic.co/elasticsearch/elasticsearch:8.15.0",
     "hotspot",
     "unknown",
     {"-Xmx2g"}},
    {{}, {{"JAVA_OPTS_APPEND", "-Xmx1g"}}, "quay.io/keycloak/keycloak:25.0", "hotspot", "unknown", {"-Xmx1g"}},
    {{}, {}, "amazoncorretto:21-alpine", "hotspot", "21.0.0", {}},
    {{}, {}, "docker.io/library/eclipse-temurin:21.0.4_7-jre@sha256:0123", "hotspot", "21.0.4", {}},
    {{}, {{"JAVA_VERSION", "jdk-17.0.9+9"}}, "eclipse-temurin:17-jre", "hotspot", "17.0.9", {}},
    {{}, {}, "openjdk:8u342-jre", "hotspot", "8.0.342", {}},
    {{}, {}, "azul/zulu-openjdk:11.0.21-jre", "hotspot", "11.0.21", {}},
    {{"java", "-Xgcpolicy:gencon", "-jar", "a.jar"},
     {},
     "ibm-semeru-runtimes:open-17-jre",
     "openj9",
     "unknown",
     {"-Xgcpolicy:gencon"}},
    {{"/entrypoint.sh", "java", "-Xmx1g", "-jar", "a.jar"}, {}, "", "hotspot", "unknown", {"-Xmx1g"}},
    {{"sh", "/app/start.sh"}, {{"JAVA_OPTS", "-Xmx1g"}}, "", "hotspot", "unknown", {"-Xmx1g"}},
};

const std::vector<Form> kOtherForms{
    {{"node", "server.js"}, {}, "node:20.11.0-alpine", "nodejs", "20.11.0", {}},
    {{"node", "--max-old-space-size=512", "server.js", "--max-old-space-size=9"},
     {},
     "",
     "nodejs",
     "unknown",
     {"--max-old-space-size=512"}},
    {{"/usr/local/bin/node", "-r", "./tracing.js", "--max-semi-space-size=64", "dist/main"},
     {},
     "",
     "nodejs",
     "unknown",
     {"-r", "./tracing.js", "--max-semi-space-size=64"}},
    {{"docker-entrypoint.sh", "node", "server.js"}, {}, "node:18", "nodejs", "18.0.0", {}},
    {{"npm", "start"},
     {{"NODE_OPTIONS", "--max-old-space-size=1024"}},
     "",
     "nodejs",
     "unknown",
     {"--max-old-space-size=1024"}},
    {{"node", "--inspect", "a.js"},
     {{"NODE_OPTIONS", "--enable-source-maps"}},
     "",
     "nodejs",
     "unknown",
     {"--enable-source-maps", "--inspect"}},
    {{"sh", "-c", "node --max-old-space-size=$MEM index.js"},
     {{"MEM", "300"}},
     "",
     "nodejs",
     "unknown",
     {"--max-old-space-size=300"}},
    {{"yarn", "start"}, {}, "", "nodejs", "unknown", {}},
    {{}, {{"NODE_VERSION", "22.3.0"}}, "node:22-slim", "nodejs", "22.3.0", {}},
    {{}, {{"NODE_ENV", "production"}}, "shop/web:1", "nodejs", "unknown", {}},
    {{"/app/server"}, {{"GOMEMLIMIT", "400MiB"}}, "gcr.io/distroless/static", "go", "unknown", {}},
    {{"/manager", "--leader-elect"}, {{"GOGC", "50"}}, "", "go", "unknown", {}},
    {{"/app"}, {}, "golang:1.25.1-bookworm", "go", "1.25.1", {}},
    {{"/app"}, {{"GOLANG_VERSION", "1.22.3"}}, "golang:1.22", "go", "1.22.3", {}},
    {{"dotnet", "Cart.dll", "--urls", "http://+:80"},
     {},
     "mcr.microsoft.com/dotnet/aspnet:8.0.4",
     "dotnet",
     "8.0.4",
     {}},
    {{"/app/Cart"}, {{"DOTNET_gcServer", "1"}}, "", "dotnet", "unknown", {}},
    {{"/app/Cart"}, {{"ASPNETCORE_URLS", "http://+:80"}}, "", "dotnet", "unknown", {}},
    {{}, {}, "mcr.microsoft.com/dotnet/runtime:9.0", "dotnet", "9.0.0", {}},
    {{"gunicorn", "app:app", "-w", "4"}, {}, "python:3.12-slim", "python", "3.12.0", {}},
    {{"python3.11", "-m", "uvicorn", "app:app"}, {}, "", "python", "unknown", {}},
    {{"/usr/local/bin/python3", "manage.py", "runserver"}, {}, "", "python", "unknown", {}},
    {{"ddtrace-run", "gunicorn", "app:app"}, {}, "", "python", "unknown", {}},
    {{"sh", "-c", "python migrate.py && exec gunicorn app:app --workers=$WEB_CONCURRENCY"},
     {{"WEB_CONCURRENCY", "3"}},
     "",
     "python",
     "unknown",
     {}},
    {{"opentelemetry-instrument", "python", "app.py"}, {}, "", "python", "unknown", {}},
    {{"nginx", "-g", "daemon off;"}, {}, "nginx:1.27", "nginx", "1.27.0", {}},
    {{"/docker-entrypoint.sh", "nginx", "-g", "daemon off;"}, {}, "nginx", "nginx", "unknown", {}},
    {{"/usr/local/bin/postgres"}, {}, "postgres:16", "unknown", "unknown", {}},
    {{"/bin/busybox", "sh", "-c", "sleep 10"}, {}, "busybox", "unknown", "unknown", {}},
    {{}, {}, "", "unknown", "unknown", {}},
    {{"sh", "-c", ""}, {}, "", "unknown", "unknown", {}},
    {{"sh"}, {}, "", "unknown", "unknown", {}},
};

TEST(DetectTest, ReadsTheFormsThatAreFoundInTheWild) {
  std::size_t forms = 0;
  for (const auto* list : {&kJavaForms, &kOtherForms}) {
    for (const auto& form : *list) {
      const auto found = detect_runtime({form.command, form.environment, form.image});
      const std::string what = testing::PrintToString(form.command) + " " + form.image;
      EXPECT_EQ(std::string(runtime_name(found.runtime)), form.runtime) << what;
      EXPECT_EQ(found.version.to_string(), form.version) << what;
      EXPECT_EQ(found.flag_words(), form.flags) << what;
      ++forms;
    }
  }
  EXPECT_GE(forms, 60U);
}

TEST(DetectTest, SaysWhereAFlagCameFrom) {
  const auto found = detect_runtime(
      {{"java", "-Xmx2g", "-jar", "a.jar", "x"}, {{"JAVA_TOOL_OPTIONS", "-Xms1g"}, {"_JAVA_OPTIONS", "-Xss1m"}}, ""});
  ASSERT_EQ(found.flags.size(), 3U);
  EXPECT_EQ(found.flags[0].variable, "JAVA_TOOL_OPTIONS");
  EXPECT_EQ(found.flags[1].origin, FlagOrigin::kCommandLine);
  EXPECT_EQ(found.flags[2].variable, "_JAVA_OPTIONS");
  EXPECT_EQ(found.program, (Words{"a.jar", "x"}));
  EXPECT_EQ(found.evidence, "command line: java");
}

// Whatever stands there, detection ends and says something.
TEST(DetectTest, TakesAnyText) {
  Random random(11);
  const Words pieces{"sh",  "-c",  "java",   "exec", "'",  "\"", "$X", "${Y:-z", "$(",   ")", ";",       "&&",     "\\",
                     "env", "A=1", "-Xmx1g", "tini", "--", "\n", "",   "#",      "node", "|", "timeout", "busybox"};
  for (int i = 0; i < 3000; ++i) {
    Words words;
    for (std::size_t n = random.below(7); n-- > 0;) {
      std::string word;
      for (std::size_t k = random.below(4); k-- > 0;)
        word += pieces[random.below(pieces.size())] + (random.below(2) == 0 ? " " : "");
      words.push_back(std::move(word));
    }
    const auto found = detect_runtime({words, {{"X", "'a b\" $Y"}, {"Y", "-jar"}}, words.empty() ? "" : words[0]});
    EXPECT_LE(found.flags.size(), 500U);
  }
}

class OptionEditTest : public testing::Test {
 protected:
  OptionEditTest() : library_(PackLibrary::embedded().value()) {}
  [[nodiscard]] const Pack& jvm() const { return *library_.find("jvm"); }
  PackLibrary library_;
};

TEST_F(OptionEditTest, ChangesOnlyWhatIsItsOwn) {
  const auto edit = [&](const char* text, const model::Configuration& wanted) {
    return edit_options(jvm(), text, wanted).value();
  };
  EXPECT_EQ(edit("", {{"heap", 512}}), "-Xmx512m");
  EXPECT_EQ(edit("-Dx='a  b'   -Xmx1g\t-javaagent:\"/a b.jar\"", {{"heap", 512}}),
            "-Dx='a  b'   -Xmx512m\t-javaagent:\"/a b.jar\"");
  EXPECT_EQ(edit("-XX:MaxHeapSize=1g -Dy", {{"heap", 512}}), "-Xmx512m -Dy");
  EXPECT_EQ(edit("-Da -XX:+UseSerialGC", {{"gc", "G1"}, {"heap", 256}}), "-Da -XX:+UseG1GC -Xmx256m");
  EXPECT_EQ(edit("-XX:+AlwaysPreTouch -Da", {{"pre_touch", "off"}}), "-Da");
  EXPECT_EQ(edit("-Da -XX:+AlwaysPreTouch -Db", {{"pre_touch", "off"}}), "-Da -Db");
  EXPECT_EQ(edit("-Xmx1g -Da -Xmx1g", {{"heap", 512}}), "-Da -Xmx512m");
  EXPECT_EQ(edit("'-Xmx1g'", {{"heap", 1024}}), "-Xmx1024m");
}

TEST_F(OptionEditTest, RefusesWhatCannotBeMeant) {
  EXPECT_EQ(edit_options(jvm(), "-Xmx1g -Xmx2g", {{"heap", 512}}).error().code, Code::kConflict);
  EXPECT_EQ(edit_options(jvm(), "-XX:+UseSerialGC -XX:+UseG1GC", {{"gc", "G1"}}).error().code, Code::kConflict);
  EXPECT_EQ(edit_options(jvm(), "-Dx='a", {{"heap", 512}}).error().code, Code::kInvalidInput);
  EXPECT_EQ(edit_options(jvm(), "", {{"heep", 512}}).error().field, "heep");
  EXPECT_EQ(edit_command(jvm(), {"sh", "-c", "java"}, {{"heap", 512}}).error().code, Code::kUnsupported);
}

TEST_F(OptionEditTest, FlagsGoBeforeTheProgramAndArgumentsBehindIt) {
  EXPECT_EQ(edit_command(jvm(), {"java", "-Da", "-jar", "a.jar", "-Xmx9m"}, {{"heap", 512}}).value(),
            (Words{"java", "-Da", "-Xmx512m", "-jar", "a.jar", "-Xmx9m"}));
  EXPECT_EQ(edit_command(jvm(), {"java", "-Xmx9m", "-cp", "x", "Main"}, {{"heap", 512}}).value(),
            (Words{"java", "-Xmx512m", "-cp", "x", "Main"}));
  EXPECT_EQ(edit_command(*library_.find("tomcat"), {"java", "-jar", "a.jar", "--a"}, {{"max_threads", 9}}).value(),
            (Words{"java", "-jar", "a.jar", "--a", "--server.tomcat.threads.max=9"}));
  EXPECT_EQ(edit_command(*library_.find("postgresql"), {"postgres", "--jit=on"}, {{"jit", "off"}}).value(),
            (Words{"postgres", "--jit=off"}));
}

// Any text of known and foreign words: the wanted values are found again, a second edit changes nothing, and foreign
// words stand as they stood.
TEST_F(OptionEditTest, RoundTripsAndIsIdempotent) {
  Random random(3);
  const Words foreign{"-Dfoo=bar", "'-Dx=a b'", "-javaagent:/a.jar", "-verbose:gc", "\"-Dq=it's\"", "-Xlog:gc*"};
  const Words own{"-Xmx1g", "-XX:+UseG1GC", "-Xss512k", "-XX:MaxGCPauseMillis=100"};
  for (int i = 0; i < 500; ++i) {
    std::string text;
    std::string kept;
    Words left = own;
    for (std::size_t n = random.below(7); n-- > 0;) {
      std::string word = foreign[random.below(foreign.size())];
      if (random.below(3) == 0 && !left.empty()) {
        word = left.back();
        left.pop_back();
      } else {
        kept += word + "|";
      }
      text += word + std::string(1 + random.below(2), ' ');
    }
    const model::Configuration wanted{{"heap", 16.0 * static_cast<double>(2 + random.below(60))},
                                      {"gc", random.below(2) == 0 ? "Serial" : "ZGC"},
                                      {"thread_stack", 256}};
    const std::string once = edit_options(jvm(), text, wanted).value();
    EXPECT_EQ(edit_options(jvm(), once, wanted).value(), once);
    const auto found = recognise(jvm(), {}, {{"JAVA_TOOL_OPTIONS", once}}, {});
    for (const auto& [name, value] : wanted.entries())
      EXPECT_EQ(*found.find(name), value) << once;
    std::size_t at = 0;
    for (std::size_t begin = 0; begin < kept.size();) {
      const std::size_t end = kept.find('|', begin);
      at = once.find(kept.substr(begin, end - begin), at);
      ASSERT_NE(at, std::string::npos) << once << " lost " << kept;
      begin = end + 1;
    }
  }
}

TEST(ShellWordsTest, ReadsWhatAShellWouldRead) {
  const auto commands =
      shell_commands("A='x y' B=$A exec \"$HOME/run\" \\\n a\\ b 'c'\"d\" # no\nnext | last", {{"HOME", "/h"}});
  ASSERT_EQ(commands.size(), 3U);
  EXPECT_EQ(commands[0], (Words{"exec", "/h/run", "a b", "cd"}));
  EXPECT_EQ(commands[1], (Words{"next"}));
  EXPECT_EQ(expand_references("$(A) $$(A) $(B)", {{"A", "1"}}), "1 $(A) $(B)");
}

}  // namespace
}  // namespace trimtab::packs
