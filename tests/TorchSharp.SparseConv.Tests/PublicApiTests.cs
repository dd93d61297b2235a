using PublicApiGenerator;

namespace TorchSharp.SparseConv.Tests;

/// <summary>The public surface, written down: a change of it shows in review.</summary>
[TestFixture]
public sealed class PublicApiTests
{
    [Test]
    public void The_public_api_is_the_one_written_down()
    {
        var options = new ApiGeneratorOptions { IncludeAssemblyAttributes = false };
        var actual = typeof(SparseTensor).Assembly.GeneratePublicApi(options).ReplaceLineEndings("\n").TrimEnd() + "\n";
        var written = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "PublicApi.txt"));
        var proposed = Path.Combine(TestContext.CurrentContext.WorkDirectory, "PublicApi.received.txt");
        File.WriteAllText(proposed, actual);
        Assert.That(actual, Is.EqualTo(written), $"The surface as it is now: {proposed}");
    }
}
