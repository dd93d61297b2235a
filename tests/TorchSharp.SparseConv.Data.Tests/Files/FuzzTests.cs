namespace TorchSharp.SparseConv.Data.Tests.Files;

// Whatever is in a file, reading it ends in a result or in a PointCloudException, and takes memory for what is there,
// not for what is promised.
internal sealed class FuzzTests
{
    private const int Seeds = 1000;

    public static IEnumerable<TestCaseData> Files()
    {
        foreach (var encoding in Enum.GetValues<PlyEncoding>())
        {
            yield return Case(
                $"ply {encoding}",
                ".ply",
                path => PlyFile.Write(path, Clouds.Rich(), encoding),
                ReadCloud
            );
        }
        yield return Case(
            "ply with faces and lists",
            ".ply",
            path => File.WriteAllText(path, PlyFileTests.FacesAndLists),
            ReadCloud
        );
    }

    [TestCaseSource(nameof(Files))]
    public void Mutations_of_valid_files_are_read_or_refused(
        string extension,
        Action<string> write,
        Action<string> read
    )
    {
        using var folder = new TempFolder();
        var path = folder["a" + extension];
        write(path);
        read(path);
        var valid = File.ReadAllBytes(path);
        var refused = 0;
        // A thousand times is what deflate can do; numbers of a digit each become doubles that are kept twice.
        var growth = extension is ".npz" or ".gz" or ".nii.gz" ? 1100L : 64L;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var bytes = Mutation.Apply(valid, seed);
            File.WriteAllBytes(path, bytes);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                read(path);
            }
            catch (PointCloudException error)
            {
                refused++;
                Assert.That(error.Message, Does.StartWith(path), $"seed {seed}");
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}: {error}");
            }
            var taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.That(taken, Is.LessThan(1_000_000 + growth * bytes.Length), $"bytes taken, seed {seed}");
        }
        Assert.That(refused, Is.GreaterThan(Seeds / 20), "mutations that do harm");
    }

    private static void ReadCloud(string path) => PointCloudFile.Read(path);

    private static TestCaseData Case(string name, string extension, Action<string> write, Action<string> read) =>
        new TestCaseData(extension, write, read).SetArgDisplayNames(name);
}
