using System.Reflection;
using System.Text.RegularExpressions;

namespace TorchSharp.SparseConv.Tests;

/// <summary>What docs/migration says about this library: names and named arguments of its right columns are there.</summary>
[TestFixture]
public sealed partial class MigrationTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private const BindingFlags Everything = BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance;

    private static readonly string[] Pages = ["spconv", "minkowski-engine", "torchsparse", "sparseconvnet"];

    // Names that the pages give to values, and their types.
    private static readonly Dictionary<string, string> Values = new(StringComparer.Ordinal)
    {
        ["x"] = "SparseTensor",
        ["y"] = "SparseTensor",
        ["z"] = "PointTensor",
        ["voxels"] = "Voxelization",
        ["conv"] = "SparseConvolution",
    };

    [Test]
    public void Every_name_on_the_right_exists([ValueSource(nameof(Pages))] string page)
    {
        var text = Here(Repository.Read("docs", "migration", page + ".md"));
        var names = Name().Matches(text).Select(match => (match.Groups["owner"].Value, match.Groups["member"].Value));
        var unknown = names.Distinct().Where(name => !Exists(name.Item1, name.Item2)).ToList();
        Assert.That(names.Count(), Is.GreaterThan(20), "names on the page");
        Assert.That(unknown, Is.Empty);
    }

    [Test]
    public void Every_named_argument_on_the_right_exists([ValueSource(nameof(Pages))] string page)
    {
        var calls = Call().Matches(Here(Repository.Read("docs", "migration", page + ".md")));
        var unknown = new List<string>();
        foreach (var call in calls.AsEnumerable())
        {
            var known = Signatures(call.Groups["name"].Value).ToList();
            unknown.AddRange(
                Argument()
                    .Matches(call.Groups["arguments"].Value)
                    .Select(match => match.Groups["argument"].Value)
                    .Where(argument =>
                        !known.Exists(one => Regex.IsMatch(one, $@"\b{argument}\b", RegexOptions.None, Limit))
                    )
                    .Select(argument => $"{call.Value}: {argument}")
            );
        }

        Assert.That(calls, Has.Count.GreaterThan(8), "layers on the page");
        Assert.That(unknown, Is.Empty);
    }

    /// <summary>The last cell of every row, the indented code, and what is said below the tables.</summary>
    private static string Here(string page)
    {
        var lines = page.Split('\n');
        var prose = Array.IndexOf(lines, "## What differs");
        Assert.That(prose, Is.Positive, "the page says what differs");
        var cells = lines.Where(line => line.StartsWith('|')).Select(line => line.TrimEnd('|', ' ').Split(" | ")[^1]);
        var code = lines.Where(line => line.StartsWith("    ", StringComparison.Ordinal));
        return string.Join('\n', [.. cells, .. code, .. lines[prose..]]);
    }

    private static bool Exists(string owner, string member)
    {
        if (string.Equals(owner, "nn", StringComparison.Ordinal))
        {
            return Signatures(member).Any();
        }

        var type = Known(Values.GetValueOrDefault(owner) ?? owner);
        // Words of other libraries in prose, such as a file's name, have no type here.
        return type is null || type.GetMember(member, Everything | BindingFlags.FlattenHierarchy).Length > 0;
    }

    private static Type? Known(string name) =>
        new[] { typeof(SparseTensor), typeof(CoordinateMap) }
            .SelectMany(one => one.Assembly.GetExportedTypes())
            .FirstOrDefault(type => string.Equals(type.Name, name, StringComparison.Ordinal));

    /// <summary>The methods of that name on torch.nn, this library's and TorchSharp's, as lines with their parameters.</summary>
    private static IEnumerable<string> Signatures(string name) =>
        typeof(NN)
            .GetMethods(Everything)
            .Concat(typeof(torch.nn).GetMethods(Everything))
            .Where(method => string.Equals(method.Name, name, StringComparison.Ordinal))
            .Select(method => string.Join(' ', method.GetParameters().Select(parameter => parameter.Name)));

    [GeneratedRegex(@"\b(?<owner>[A-Za-z]\w*)\.(?<member>[A-Za-z]\w*)", RegexOptions.ExplicitCapture)]
    private static partial Regex Name();

    [GeneratedRegex(@"\bnn\.(?<name>\w+)\((?<arguments>[^()]*)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Call();

    [GeneratedRegex(@"(?<argument>\w+): ", RegexOptions.ExplicitCapture)]
    private static partial Regex Argument();
}
