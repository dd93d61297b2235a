using System.Text.RegularExpressions;

namespace TorchSharp.SparseConv.Tests;

/// <summary>The README's C# is code that compiles and runs: a region of the same name in examples/Quickstart.</summary>
[TestFixture]
public sealed partial class ReadmeTests
{
    [Test]
    public void Code_of_the_readme_is_a_region_of_the_quickstart()
    {
        var regions = Region()
            .Matches(Repository.Read("examples", "Quickstart", "Program.cs"))
            .Select(match => match.Groups["code"].Value.Trim('\n'))
            .ToList();
        var blocks = Block()
            .Matches(Repository.Read("README.md"))
            .Select(match => match.Groups["code"].Value.Trim('\n'))
            .ToList();
        Assert.That(regions, Is.Not.Empty, "regions in examples/Quickstart/Program.cs");
        Assert.That(blocks, Is.EquivalentTo(regions), "csharp blocks of README.md");
    }

    [GeneratedRegex(
        @"#region (?<name>\w+)\n(?<code>.*?)#endregion",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Region();

    [GeneratedRegex(@"```csharp\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();
}
