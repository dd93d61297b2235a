// One described task per step, in the order in which they run. ./build.sh is the way in: it installs what is missing.
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Xml.Linq;

var target = Argument("target", "Test");
var configuration = Argument("configuration", "Release");
var programArguments = Argument("arguments", "");

var artifacts = MakeAbsolute(Directory("artifacts"));
var cmakeFolder = artifacts.Combine("cmake").Combine(configuration.ToLowerInvariant());
var nativeFolder = artifacts.Combine("native").Combine(RuntimeInformation.RuntimeIdentifier);
var results = artifacts.Combine("test-results");

var projects = new
{
    Engine = "src/TorchSharp.SparseConv.Core/TorchSharp.SparseConv.Core.csproj",
    Skin = "src/TorchSharp.SparseConv/TorchSharp.SparseConv.csproj",
    Data = "src/TorchSharp.SparseConv.Data/TorchSharp.SparseConv.Data.csproj",
    Tool = "src/TorchSharp.SparseConv.Tool/TorchSharp.SparseConv.Tool.csproj",
    Segmentation = "examples/PointCloudSegmentation/PointCloudSegmentation.csproj",
    Benchmarks = "tests/TorchSharp.SparseConv.Benchmarks/TorchSharp.SparseConv.Benchmarks.csproj",
};

// The engine's C# suite runs once for each instruction set; the others once, on the best (CONTRIBUTING.md says why).
const string engineSuite = "TorchSharp.SparseConv.Core.Tests";
const string skinSuite = "TorchSharp.SparseConv.Tests";
string[] otherSuites = ["TorchSharp.SparseConv.Data.Tests", "TorchSharp.SparseConv.Tool.Tests", "PointCloudSegmentation.Tests", "Examples.Tests"];
var outcomes = new List<Outcome>();

/////////////////////////////////////////////////////////////////////
// BUILD
/////////////////////////////////////////////////////////////////////

Task("Clean")
    .Description("Deletes everything that was built")
    .Does(() => CleanDirectory(artifacts));

Task("Native")
    .Description("Configures and builds the C++ library")
    .Does(() =>
    {
        BuildNative(cmakeFolder, "-DSPARSECONV_TESTS=OFF", "sparseconv");
        EnsureDirectoryExists(nativeFolder);
        foreach (var library in GetFiles($"{cmakeFolder}/**/libsparseconv.so"))
        {
            // A new file, not new bytes in one that a running process may have mapped.
            var copy = nativeFolder.CombineWithFilePath(library.GetFilename());
            if (FileExists(copy))
                DeleteFile(copy);
            CopyFile(library, copy);
        }
    });

Task("NativeTests")
    .Description("Builds the native tests")
    .IsDependentOn("Native")
    .Does(() => BuildNative(cmakeFolder, "-DSPARSECONV_TESTS=ON", "all"));

Task("Abi")
    .Description("Holds the exported symbols against native/abi.txt and the instruction-set objects against weak symbols")
    .IsDependentOn("NativeTests")
    .Does(() => Run("ctest", $"--test-dir {cmakeFolder} --output-on-failure -R \"^(exported_symbols|no_weak_symbols)$\" --no-tests=error", quiet: true));

Task("Build")
    .Description("Builds the solution's libraries, tests and examples")
    .IsDependentOn("Native")
    .Does(() => Compile("TorchSharp.SparseConv.sln"));

/////////////////////////////////////////////////////////////////////
// TEST
/////////////////////////////////////////////////////////////////////

Task("Test")
    .Description("Everything: formatting, ABI, native tests, NUnit, packages; what depends on it once per instruction set")
    .IsDependentOn("CheckFormat")
    .IsDependentOn("Abi")
    .IsDependentOn("Build")
    .Does(() =>
    {
        CleanDirectory(results);
        var isas = InstructionSets();
        RunSuite(Native(isas[0]));
        RunSuite(Project(engineSuite, isas[0]));
        RunSuite(Project(skinSuite, isas[0]));
        RunPackages();
        RunSideBySide(
            [
                .. Sanitized(),
                .. Emulated(),
                .. otherSuites.Select(suite => Project(suite, "", OneThread())),
                .. isas[1..].Select(isa => Project(engineSuite, isa, OneThread())),
                .. isas[1..].Select(isa => Native(isa, OneThread())),
            ]
        );
        WriteTally();
    });

Task("TestSanitized")
    .Description("The native tests under AddressSanitizer with UndefinedBehaviorSanitizer, and ThreadSanitizer")
    .IsDependentOn("NativeTests")
    .Does(() =>
    {
        CleanDirectory(results);
        RunSideBySide(Sanitized());
        WriteTally();
    });

Task("TestPackages")
    .Description("The README's program in a project outside the repository, over the packages")
    .IsDependentOn("Native")
    .Does(() =>
    {
        CleanDirectory(results);
        RunPackages();
        WriteTally();
    });

Task("TestEmulated")
    .Description("The CUDA engine and the tiles of AMX by emulation, and the CUDA kernels compiled for every architecture")
    .IsDependentOn("NativeTests")
    .Does(() =>
    {
        CleanDirectory(results);
        RunSideBySide(Emulated());
        WriteTally();
    });

Task("TestIsa")
    .Description("The C# suites of engine and skin for one instruction set: --isa=avx2")
    .IsDependentOn("Build")
    .Does(() =>
    {
        CleanDirectory(results);
        foreach (var suite in (string[])[engineSuite, skinSuite])
            RunSuite(Project(suite, Argument<string>("isa")));
        WriteTally();
    });

/////////////////////////////////////////////////////////////////////
// RUN
/////////////////////////////////////////////////////////////////////

Task("Train")
    .Description("Trains the segmentation example on scenes made on the spot and shows the result: ./build.sh train --help")
    .IsDependentOn("Native")
    .Does(() =>
    {
        Compile(projects.Segmentation);
        Run("dotnet", $"run --project {projects.Segmentation} -c {configuration} --no-build -- train {programArguments}");
    });

Task("Example")
    .Description("Runs a small example: ./build.sh example SparseDigits --help")
    .IsDependentOn("Native")
    .Does(() =>
    {
        var name = Argument<string>("name");
        var project = $"examples/{name}/{name}.csproj";
        if (!FileExists(project))
            throw new CakeException($"no example {name}: {string.Join(", ", GetSubDirectories("examples").Select(folder => folder.GetDirectoryName()))}");
        Compile(project);
        Run("dotnet", $"run --project {project} -c {configuration} --no-build -- {programArguments}");
    });

Task("Bench")
    .Description("Performance, as JSON lines and a table: ./build.sh bench --help")
    .IsDependentOn("Native")
    .Does(() =>
    {
        Compile(projects.Benchmarks);
        Run("dotnet", $"run --project {projects.Benchmarks} -c {configuration} --no-build -- {programArguments}");
    });

Task("Pack")
    .Description("NuGet packages in artifacts/package")
    .IsDependentOn("Native")
    .Does(() =>
    {
        foreach (var project in (string[])[projects.Engine, projects.Data, projects.Skin, projects.Tool])
            DotNetPack(project, new() { Configuration = configuration, Verbosity = DotNetVerbosity.Quiet, NoLogo = true });
        foreach (var package in GetFiles($"{artifacts}/package/**/*.nupkg"))
            Console.WriteLine(package);
    });

/////////////////////////////////////////////////////////////////////
// FORMAT
/////////////////////////////////////////////////////////////////////

Task("Format")
    .Description("Formats C# with CSharpier and C++ with clang-format")
    .Does(() =>
    {
        Run("dotnet", "csharpier format .", quiet: true);
        Run("clang-format", $"-i {string.Join(' ', NativeSources())}");
    });

Task("CheckFormat")
    .Description("Fails where Format would change a file")
    .Does(() =>
    {
        Run("dotnet", "csharpier check .", quiet: true);
        Run("clang-format", $"--dry-run --Werror {string.Join(' ', NativeSources())}", quiet: true);
    });

RunTarget(target);

/////////////////////////////////////////////////////////////////////
// STEPS
/////////////////////////////////////////////////////////////////////

void BuildNative(DirectoryPath folder, string options, string cmakeTarget)
{
    Run("cmake", $"-S . -B {folder} -DCMAKE_BUILD_TYPE={configuration} {options}", quiet: true);
    Run("cmake", $"--build {folder} --target {cmakeTarget} --parallel {Environment.ProcessorCount}", quiet: true);
}

void Compile(string project) => Run("dotnet", $"build {project} -c {configuration} -v quiet --nologo", quiet: true);

// The output of a quiet command shows only where it fails.
void Run(string command, string arguments, bool quiet = false)
{
    var settings = new ProcessSettings { Arguments = arguments, RedirectStandardOutput = quiet, RedirectStandardError = quiet };
    var exit = quiet ? StartProcess(command, settings, out var output, out var error) : StartProcess(command, settings, out output, out error);
    if (exit == 0)
        return;
    foreach (var line in (output ?? []).Concat(error ?? []))
        Error("{0}", line);
    throw new CakeException($"{command} {arguments.Split(' ')[0]} ended with exit code {exit}");
}

// Its results are GoogleTest's XML or NUnit's TRX.
record Suite(string Name, string Command, string Arguments, FilePath Results, Dictionary<string, string> Environment);

// A suite that broke off counts as failed, whatever it had passed by then.
record Outcome(string Name, int Passed, int Failed, int Skipped, bool Succeeded);

// Suites of one thread, as many at once as there are processors, in this order.
void RunSideBySide(IEnumerable<Suite> suites) =>
    Parallel.Invoke(new() { MaxDegreeOfParallelism = Environment.ProcessorCount }, [.. suites.Select(suite => (Action)(() => RunSuite(suite)))]);

void RunSuite(Suite suite)
{
    var watch = Stopwatch.StartNew();
    var settings = new ProcessSettings
    {
        Arguments = suite.Arguments,
        EnvironmentVariables = suite.Environment,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };
    var succeeded = StartProcess(suite.Command, settings, out var output, out var error) == 0;
    var outcome = FileExists(suite.Results)
        ? Read(suite.Name, XDocument.Load(suite.Results.FullPath).Root, succeeded)
        : new(suite.Name, 0, 1, 0, false);
    Note(outcome, watch, succeeded ? [] : output.Concat(error));
}

void Note(Outcome outcome, Stopwatch watch, IEnumerable<string> output)
{
    lock (outcomes)
    {
        outcomes.Add(outcome);
        foreach (var line in output)
            Error("{0}", line);
        Console.WriteLine($"{outcome.Name}: {outcome.Passed} passed, {outcome.Failed} failed, {outcome.Skipped} skipped, {watch.Elapsed.TotalSeconds:F0} s");
    }
}

Outcome Read(string name, XElement root, bool succeeded)
{
    var trx = root.Descendants().SingleOrDefault(element => element.Name.LocalName == "Counters");
    int Count(string attribute) => int.Parse((trx ?? root).Attribute(attribute)?.Value ?? "0", CultureInfo.InvariantCulture);
    var (total, failed, skipped) = trx is null
        ? (Count("tests"), Count("failures") + Count("errors"), root.Descendants("testcase").Count(test => test.Attribute("result")?.Value == "skipped"))
        : (Count("total"), Count("failed"), Count("total") - Count("executed"));
    return new(name, total - failed - skipped, succeeded ? failed : Math.Max(failed, 1), skipped, succeeded);
}

Suite Project(string suite, string isa = "", Dictionary<string, string> environment = null)
{
    var name = isa == "" ? suite : $"{suite}.{isa}";
    var arguments = $"test tests/{suite} -c {configuration} --no-build --nologo -v quiet --logger \"trx;LogFileName={name}.trx\" --results-directory {results}";
    return new(name, "dotnet", arguments, results.CombineWithFilePath($"{name}.trx"), new(environment ?? []) { ["SPARSECONV_ISA"] = isa });
}

Suite Program(string name, FilePath program, string tests, Dictionary<string, string> environment)
{
    var file = results.CombineWithFilePath($"native.{name.Replace(' ', '-').Replace(",", "")}.xml");
    return new($"native ({name})", program.FullPath, $"--gtest_brief=1 --gtest_filter={tests} --gtest_output=xml:{file}", file, environment);
}

// The tests that force each instruction set themselves have Isa in their names, and run on the best alone.
Suite Native(string isa, Dictionary<string, string> environment = null)
{
    var program = cmakeFolder.Combine("tests").Combine("native").CombineWithFilePath("sparseconv_tests");
    return Program(isa, program, environment is null ? "*" : "-*Isa*", new(environment ?? []) { ["SPARSECONV_ISA"] = isa });
}

Dictionary<string, string> OneThread() => new() { ["OMP_NUM_THREADS"] = "1" };

// What this machine lacks, in its place: the tiles of AMX called or, where the processor has all other instructions, trapped; a
// GPU by emulation, whose threads take turns in several orders, since one that relies on another without a barrier shows in
// some; and every kernel compiled for every architecture.
Suite[] Emulated()
{
    var folder = cmakeFolder.Combine("tests").Combine("native");
    var emulated = folder.CombineWithFilePath("cuda/libdriver_double.so").FullPath;
    (string Name, string Program, string Tests, Dictionary<string, string> Environment)[] runs =
    [
        ("the ABI on an emulated GPU", "cuda/sparseconv_device_tests", "*:-Cases/Law*:HalfIsa*:*number_of_threads*:RulebookOf.Stays*", Gpu("2", 80, memory: "open")),
        ("kernels compiled", "cuda/sparseconv_compile_tests", "*", Nvrtc()),
        ("an emulated GPU", "cuda/sparseconv_cuda_tests", "*:-Cases/*", Gpu("1", 80, memory: "guarded")),
        ("an emulated GPU, sm_70, in reverse", "cuda/sparseconv_cuda_tests", "*:-DoubleDeathTest*", Gpu("reverse", 70, memory: "open")),
        ("amx trapped", "sparseconv_trapped_tests", "*/amx:Amx*", OneThread()),
        ("amx emulated", "sparseconv_emulated_tests", "*", new(OneThread()) { ["SPARSECONV_ISA"] = "amx" }),
    ];
    var there = runs.Where(run => FileExists(folder.CombineWithFilePath(run.Program)));
    return [.. there.Select(run => Program(run.Name, folder.CombineWithFilePath(run.Program), run.Tests, run.Environment))];

    Dictionary<string, string> Gpu(string order, int architecture, string memory) =>
        new(OneThread())
        {
            ["SPARSECONV_ISA"] = "baseline",
            ["SPARSECONV_CUDA_DRIVER"] = emulated,
            ["SPARSECONV_NVRTC"] = emulated,
            ["SPARSECONV_CACHE"] = "off",
            ["SPARSECONV_EMULATED_ORDER"] = order,
            ["SPARSECONV_EMULATED_SM"] = $"{architecture}",
            ["SPARSECONV_EMULATED_MEMORY"] = memory,
        };

    Dictionary<string, string> Nvrtc()
    {
        var compiler = GetFiles($"{artifacts}/nvrtc/usr/lib/*/libnvrtc.so.11.2").FirstOrDefault();
        return compiler is null
            ? []
            : new() { ["SPARSECONV_NVRTC"] = compiler.FullPath, ["LD_LIBRARY_PATH"] = compiler.GetDirectory().FullPath };
    }
}

// The native tests with the library built anew for each sanitizer and put in the place of theirs. ThreadSanitizer takes the
// tests that share work between threads, but for one that compares bits of large layers and finds nothing in a minute.
Suite[] Sanitized()
{
    (string Name, string Flags, string Tests)[] runs =
    [
        ("address", "address,undefined", "-*/avx*:*/amx:*Sweep*float16*:ThreadCount*"),
        ("thread", "thread", "*hread*:*haring*:*any_tiles*-*/avx*:*/amx:ThreadCount*"),
    ];
    return [.. runs.Select(run => Sanitized(run.Name, run.Flags, run.Tests))];
}

Suite Sanitized(string name, string flags, string tests)
{
    var folder = artifacts.Combine("cmake").Combine(name);
    BuildNative(folder, $"-DSPARSECONV_TESTS=OFF -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DSPARSECONV_SANITIZE={flags}", "sparseconv");
    Dictionary<string, string> environment = new(OneThread())
    {
        ["SPARSECONV_ISA"] = "baseline",
        ["LD_LIBRARY_PATH"] = folder.Combine("native").FullPath,
        ["LD_PRELOAD"] = SanitizerRuntime(name),
    };
    return Program($"{name} sanitizer", cmakeFolder.Combine("tests").Combine("native").CombineWithFilePath("sparseconv_tests"), tests, environment);
}

// The compiler knows where it is.
string SanitizerRuntime(string name)
{
    var settings = new ProcessSettings { Arguments = $"-print-file-name=lib{name[0]}san.so", RedirectStandardOutput = true };
    StartProcess(EnvironmentVariable("CXX") ?? "g++", settings, out var output);
    return output.Single();
}

// Packages of a version that no cache has, restored and run where nothing of the repository is found. Other packages are taken
// from where the machine has them.
void RunPackages()
{
    var watch = Stopwatch.StartNew();
    var folder = Directory(System.IO.Directory.CreateTempSubdirectory("sparseconv-packages").FullName).Path;
    var cache = EnvironmentVariable("NUGET_PACKAGES") ?? $"{Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)}/.nuget/packages";
    try
    {
        foreach (var project in (string[])[projects.Engine, projects.Skin])
            Run("dotnet", $"pack {project} -c {configuration} -o {folder}/feed -p:PackageVersion=0.1.0-test -v quiet --nologo", quiet: true);
        // Apart from the packages, whose sources would otherwise be taken for the project's.
        var app = folder.Combine("app");
        CreateDirectory(app);
        CopyFiles("tests/packages/nuget.config", folder);
        CopyFiles(["tests/packages/App.csproj", "examples/Quickstart/Program.cs"], app);
        Run("dotnet", $"build {app} -p:RestorePackagesPath={folder}/packages -p:RestoreFallbackFolders={cache} -v quiet --nologo", quiet: true);
        Run("dotnet", $"run --project {app} --no-build", quiet: true);
        Note(new("packages", 1, 0, 0, true), watch, []);
    }
    catch (CakeException error)
    {
        Note(new("packages", 0, 1, 0, false), watch, [error.Message]);
    }
    finally
    {
        System.IO.Directory.Delete(folder.FullPath, recursive: true);
    }
}

// Asked of the library itself, so that what is tested is what it would choose from.
string[] InstructionSets()
{
    var library = NativeLibrary.Load(nativeFolder.CombineWithFilePath("libsparseconv.so").FullPath);
    var name = Marshal.GetDelegateForFunctionPointer<IsaName>(NativeLibrary.GetExport(library, "spc_isa_name"));
    return Enumerable.Range(0, 16).Select(i => Marshal.PtrToStringUTF8(name(i))).TakeWhile(isa => isa is not null).ToArray();
}

delegate nint IsaName(int index);

// N passed, N failed, N skipped over all suites.
void WriteTally()
{
    var tally = $"{outcomes.Sum(o => o.Passed)} passed, {outcomes.Sum(o => o.Failed)} failed, {outcomes.Sum(o => o.Skipped)} skipped";
    System.IO.File.WriteAllText(results.CombineWithFilePath("tally.txt").FullPath, tally + "\n");
    Console.WriteLine(tally);
    var failed = outcomes.Where(outcome => !outcome.Succeeded).Select(outcome => outcome.Name).ToArray();
    if (failed.Length > 0)
        throw new CakeException($"failed: {string.Join(", ", failed)}");
}

IEnumerable<FilePath> NativeSources() =>
    GetFiles("native/**/*.{h,cpp,cu,cuh}").Concat(GetFiles("tests/native/**/*.{h,cpp,c}"));
