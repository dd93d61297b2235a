namespace TorchSharp.SparseConv.Tests;

/// <summary>Files of the checkout that the tests were built from.</summary>
internal static class Repository
{
    internal static string Root { get; } = Find();

    internal static string Read(params string[] path) =>
        File.ReadAllText(Path.Combine([Root, .. path])).ReplaceLineEndings("\n");

    private static string Find([System.Runtime.CompilerServices.CallerFilePath] string file = "")
    {
        var folder = Path.GetDirectoryName(file)!;
        while (!File.Exists(Path.Combine(folder, "TorchSharp.SparseConv.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException($"no solution above {file}");
        }

        return folder;
    }
}
