namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>This assembly as a program: one scenario, in a process whose environment a test has chosen.</summary>
internal static class Program
{
    /// <summary>The exit code of a scenario that ended in an exception that could be caught.</summary>
    internal const int Caught = 3;

    internal static int Main(string[] arguments)
    {
        try
        {
            Run(arguments.Single());
            return 0;
        }
        catch (Exception failure)
        {
            Console.WriteLine($"{failure.GetType().FullName}: {failure.Message}");
            return Caught;
        }
    }

    private static void Run(string scenario)
    {
        switch (scenario)
        {
            case "isa":
                Console.WriteLine(SparseConvRuntime.Isa);
                break;
            case "convolve":
                using (var scene = new Scene(Cases.All.First()))
                {
                    _ = new Problem<float>(scene, ConvolutionDirection.FineToCoarse).Forward();
                }

                break;
            case "twice":
                Assert.Catch(() => new CoordinateManager(3));
                _ = new CoordinateManager(3);
                break;
            default:
                throw new ArgumentException(
                    $"The scenario is '{scenario}', must be isa, convolve or twice.",
                    nameof(scenario)
                );
        }
    }
}
