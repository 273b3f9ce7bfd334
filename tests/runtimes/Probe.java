// Prints what a JVM made of its surroundings, beside -XX:+PrintFlagsFinal.
public class Probe {
  public static void main(String[] arguments) {
    System.out.println("processors = " + Runtime.getRuntime().availableProcessors());
    System.out.println("common_pool = " + java.util.concurrent.ForkJoinPool.commonPool().getParallelism());
  }
}
