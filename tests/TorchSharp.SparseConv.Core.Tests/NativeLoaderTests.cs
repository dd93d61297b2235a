using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>A library that is missing or wrong is one exception with the paths tried, in a process of its own.</summary>
[TestFixture]
public sealed class NativeLoaderTests
{
    private const string PathVariable = "SPARSECONV_NATIVE_PATH";

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("sparseconv-tests").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_folder_without_the_library_is_named()
    {
        var run = ChildProcess.Run("convolve", (PathVariable, _folder));
        Expect(run, Path.Combine(_folder, FileName), "no such file");
    }

    [Test]
    public void Without_the_variable_the_paths_beside_the_assembly_are_named()
    {
        CopyWithoutLibrary();
        var assembly = Path.Combine(_folder, Path.GetFileName(typeof(Program).Assembly.Location));
        var run = ChildProcess.Run(assembly, "convolve", (PathVariable, ""));
        var inner = Path.Combine(_folder, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", FileName);
        Expect(run, Path.Combine(_folder, FileName), inner, PathVariable);
    }

    [Test]
    public void The_library_is_found_in_the_folder_of_its_runtime()
    {
        CopyWithoutLibrary();
        var inner = Path.Combine(_folder, "runtimes", RuntimeInformation.RuntimeIdentifier, "native");
        Directory.CreateDirectory(inner);
        File.Copy(Path.Combine(AppContext.BaseDirectory, FileName), Path.Combine(inner, FileName));
        var assembly = Path.Combine(_folder, Path.GetFileName(typeof(Program).Assembly.Location));
        Assert.That(ChildProcess.Run(assembly, "isa", (PathVariable, "")).ExitCode, Is.Zero);
    }

    [Test]
    public void A_file_that_is_no_library_is_named()
    {
        var file = Path.Combine(_folder, "notes.txt");
        File.WriteAllText(file, "not a library");
        Expect(ChildProcess.Run("convolve", (PathVariable, file)), file);
    }

    [Test]
    public void A_library_of_another_abi_version_is_refused()
    {
        var library = Compile("int spc_abi_version(void) { return 987; }");
        Expect(ChildProcess.Run("convolve", (PathVariable, library)), library, "ABI version 987, must be");
    }

    [Test]
    public void Another_library_is_refused()
    {
        var library = Compile("int something_else(void) { return 1; }");
        Expect(ChildProcess.Run("convolve", (PathVariable, library)), library, "does not export spc_abi_version");
    }

    [Test]
    public void The_failure_repeats_and_is_not_hidden_by_a_type_initializer()
    {
        var run = ChildProcess.Run("twice", (PathVariable, _folder));
        Expect(run, Path.Combine(_folder, FileName));
    }

    private static string FileName =>
        OperatingSystem.IsWindows() ? "sparseconv.dll"
        : OperatingSystem.IsMacOS() ? "libsparseconv.dylib"
        : "libsparseconv.so";

    private static void Expect((int ExitCode, string Output, string Error) run, params string[] parts)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.EqualTo(Program.Caught), run.Error);
            Assert.That(run.Output, Does.StartWith(typeof(DllNotFoundException).FullName + ":"));
            Assert.That(run.Output, Does.Contain(RuntimeInformation.RuntimeIdentifier));
            foreach (var part in parts)
            {
                Assert.That(run.Output, Does.Contain(part));
            }
        }
    }

    private void CopyWithoutLibrary()
    {
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
        {
            if (!file.EndsWith(FileName, StringComparison.Ordinal))
            {
                File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
            }
        }
    }

    private string Compile(string source)
    {
        var file = Path.Combine(_folder, "library.c");
        var library = Path.Combine(_folder, "library.so");
        File.WriteAllText(file, source);
        try
        {
            using var compiler = Process.Start("cc", ["-shared", "-fPIC", "-o", library, file]);
            compiler.WaitForExit();
            Assert.That(compiler.ExitCode, Is.Zero);
        }
        catch (Win32Exception)
        {
            Assert.Ignore("no C compiler");
        }
        return library;
    }
}
