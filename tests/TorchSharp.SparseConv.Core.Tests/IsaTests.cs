namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Every instruction set gives the right numbers, and the one that was forced is the one that runs.</summary>
[TestFixture]
public sealed class IsaTests
{
    private static readonly string[] Known = ["baseline", "avx2", "avx512", "avx512bf16", "amx"];

    private string _isa = "";

    [SetUp]
    public void Remember() => _isa = SparseConvRuntime.Isa;

    [TearDown]
    public void Restore() => SparseConvRuntime.Isa = _isa;

    [Test]
    public void The_environment_variable_is_respected()
    {
        var forced = Environment.GetEnvironmentVariable("SPARSECONV_ISA");
        if (string.IsNullOrEmpty(forced))
        {
            Assert.That(SparseConvRuntime.Isa, Is.EqualTo(SparseConvRuntime.AvailableIsas[0]), "the best one");
        }
        else
        {
            Assert.That(SparseConvRuntime.Isa, Is.EqualTo(forced));
        }
    }

    [Test]
    public void The_baseline_is_always_available() =>
        Assert.That(SparseConvRuntime.AvailableIsas, Is.SubsetOf(Known).And.Contains("baseline").And.Unique);

    [TestCaseSource(nameof(Known))]
    public void Forcing_one_changes_what_runs(string isa)
    {
        Force(isa);
        Assert.That(SparseConvRuntime.Isa, Is.EqualTo(isa));
    }

    [TestCaseSource(nameof(Known))]
    public void Convolutions_are_brute_force(string isa)
    {
        Force(isa);
        string[] names =
        [
            "3d_tails_17_to_33",
            "3d_wide_64_to_48",
            "3d_one_channel",
            "3d_dilate_3_stride_2",
            "3d_empty",
        ];
        foreach (var one in Cases.All.Where(one => names.Contains(one.Name, StringComparer.Ordinal)))
        {
            OracleTests.Compare<float>(Backend.Cpu, one, ConvolutionDirection.FineToCoarse);
            OracleTests.Compare<double>(Backend.Cpu, one, ConvolutionDirection.CoarseToFine);
        }
    }

    [Test]
    public void One_that_is_unknown_is_refused_and_nothing_changes()
    {
        Refused.With(() => SparseConvRuntime.Isa = "mmx", "value", "is 'mmx', must be one of");
        Assert.That(SparseConvRuntime.Isa, Is.EqualTo(_isa));
    }

    [TestCaseSource(nameof(Known))]
    public void The_environment_variable_forces_one_in_another_process(string isa)
    {
        if (!SparseConvRuntime.AvailableIsas.Contains(isa, StringComparer.Ordinal))
        {
            Assert.Ignore($"{isa} is not available on this machine");
        }

        var run = ChildProcess.Run("isa", ("SPARSECONV_ISA", isa));
        Assert.That((run.ExitCode, run.Output.Trim()), Is.EqualTo((0, isa)), run.Error);
    }

    [TestCase("convolve")]
    [TestCase("isa")]
    public void An_unknown_name_in_the_environment_is_an_exception_at_first_use(string scenario)
    {
        var run = ChildProcess.Run(scenario, ("SPARSECONV_ISA", "sse9"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.EqualTo(Program.Caught), run.Error);
            Assert.That(run.Output, Does.StartWith(typeof(SparseConvException).FullName + ":"));
            Assert.That(run.Output, Does.Contain("sse9"));
            foreach (var isa in SparseConvRuntime.AvailableIsas)
            {
                Assert.That(run.Output, Does.Contain(isa), "what is available");
            }
        }
    }

    private static void Force(string isa)
    {
        if (!SparseConvRuntime.AvailableIsas.Contains(isa, StringComparer.Ordinal))
        {
            Assert.Ignore($"{isa} is not available on this machine");
        }

        SparseConvRuntime.Isa = isa;
    }
}
