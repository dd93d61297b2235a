namespace TorchSharp.Standin.Tests;

/// <summary>
/// The stand-in may lack members of TorchSharp, but has none that TorchSharp lacks. The list was taken from TorchSharp
/// 0.107.0 by reflection; <see cref="PublicApi"/> run on that assembly gives the list again, line for line.
/// </summary>
public sealed class ConformanceTests
{
    private static readonly string[] Listed = Read("torchsharp-0.107-api.txt");

    [Test]
    public void EveryPublicMemberIsTorchSharps()
    {
        var known = Listed.ToHashSet(StringComparer.Ordinal);
        var members = PublicApi.Lines(typeof(torch).Assembly).ToList();

        Assert.That(members, Has.Count.GreaterThan(1000), "the dump is empty or nearly so");
        Assert.That(
            members
                .Where(member => !known.Contains(member))
                .Select(member => $"{member}\n  nearest: {Nearest(member)}"),
            Is.Empty
        );
    }

    [Test]
    public void EveryReturnedTupleHasTorchSharpsNames()
    {
        var names = PublicApi.TupleNames(typeof(torch).Assembly).ToList();

        Assert.That(names, Is.Not.Empty);
        Assert.That(names.Except(Read("torchsharp-0.107-tuples.txt"), StringComparer.Ordinal), Is.Empty);
    }

    [TestCase("TorchSharp.torch.Tensor.add : METHOD public TorchSharp.torch.Tensor (TorchSharp.torch.Tensor other)")]
    [TestCase("TorchSharp.DeviceType.CPU : ENUM 1")]
    public void AMemberThatDiffersInOneWordIsNotListed(string member) => Assert.That(Listed, Does.Not.Contain(member));

    private static string[] Read(string file) =>
        File.ReadAllLines(Path.Combine(TestContext.CurrentContext.TestDirectory, file));

    /// <summary>The line of the same name that shares most words.</summary>
    private static string Nearest(string member)
    {
        var words = Words(member);
        return Listed
                .Where(line => line.StartsWith(Name(member), StringComparison.Ordinal))
                .MaxBy(line =>
                    Words(line).Intersect(words, StringComparer.Ordinal).Count()
                    - Math.Abs(Words(line).Count - words.Count)
                )
            ?? "no member of this name";
    }

    private static string Name(string line) => line[..(line.IndexOf(" : ", StringComparison.Ordinal) + 1)];

    private static HashSet<string> Words(string line) => new(line.Split(' '), StringComparer.Ordinal);
}
