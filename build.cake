// One described task per step, in the order in which they run. ./build.sh is the way in: it installs what is missing.
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

// Suites whose numbers depend on the instruction set run once for each; the others once.
string[] engineSuites = ["TorchSharp.SparseConv.Core.Tests", "TorchSharp.SparseConv.Tests"];
string[] onceSuites = ["TorchSharp.SparseConv.Data.Tests", "TorchSharp.SparseConv.Tool.Tests", "PointCloudSegmentation.Tests", "Examples.Tests"];

/////////////////////////////////////////////////////////////////////
// BUILD
/////////////////////////////////////////////////////////////////////

Task("Clean")
    .Description("Deletes everything that was built")
    .Does(() => CleanDirectory(artifacts));

Task("Native")
    .Description("Configures and builds the C++ library and its tests")
    .Does(() =>
    {
        Run("cmake", $"-S . -B {cmakeFolder} -DCMAKE_BUILD_TYPE={configuration}", quiet: true);
        Run("cmake", $"--build {cmakeFolder} --parallel {Environment.ProcessorCount}", quiet: true);
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

Task("Abi")
    .Description("Holds the exported symbols against native/abi.txt and the instruction-set objects against weak symbols")
    .IsDependentOn("Native")
    .Does(() => Run("ctest", $"--test-dir {cmakeFolder} --output-on-failure -R \"^(exported_symbols|no_weak_symbols)$\" --no-tests=error", quiet: true));

Task("Build")
    .Description("Builds the solution's libraries, tests and examples")
    .IsDependentOn("Native")
    .Does(() =>
    {
        foreach (var project in GetFiles("tests/*/*.csproj").Concat(GetFiles("examples/*/*.csproj")))
        {
            Compile(project.FullPath);
        }
    });

/////////////////////////////////////////////////////////////////////
// TEST
/////////////////////////////////////////////////////////////////////

Task("Test")
    .Description("Everything: formatting, ABI, native tests, NUnit; the engine's suites once per instruction set")
    .IsDependentOn("CheckFormat")
    .IsDependentOn("Abi")
    .IsDependentOn("Build")
    .Does(() =>
    {
        CleanDirectory(results);
        var failures = new List<string>();
        var native = GetFiles($"{cmakeFolder}/**/sparseconv_tests").Single();
        foreach (var isa in InstructionSets())
        {
            var environment = new Dictionary<string, string> { ["SPARSECONV_ISA"] = isa };
            if (Start(native.FullPath, $"--gtest_brief=1 --gtest_output=xml:{results}/native.{isa}.xml", environment) != 0)
                failures.Add($"native ({isa})");
            foreach (var suite in engineSuites)
                RunSuite(suite, $"{suite}.{isa}", environment, failures);
        }
        foreach (var suite in onceSuites)
            RunSuite(suite, suite, new(), failures);
        RunEmulated(failures);
        RunSanitized(failures);
        WriteTally(failures);
        if (failures.Count > 0)
            throw new CakeException($"failed: {string.Join(", ", failures)}");
    });

Task("TestSanitized")
    .Description("The native tests under AddressSanitizer with UndefinedBehaviorSanitizer, and ThreadSanitizer")
    .Does(() =>
    {
        EnsureDirectoryExists(results);
        var failures = new List<string>();
        RunSanitized(failures);
        if (failures.Count > 0)
            throw new CakeException($"failed: {string.Join(", ", failures)}");
    });

Task("TestEmulated")
    .Description("The CUDA engine and the tiles of AMX by emulation, and the CUDA kernels compiled for every architecture")
    .IsDependentOn("Native")
    .Does(() =>
    {
        EnsureDirectoryExists(results);
        var failures = new List<string>();
        RunEmulated(failures);
        if (failures.Count > 0)
            throw new CakeException($"failed: {string.Join(", ", failures)}");
    });

Task("TestIsa")
    .Description("The engine's NUnit suites for one instruction set: --isa=avx2")
    .IsDependentOn("Build")
    .Does(() =>
    {
        var failures = new List<string>();
        var isa = Argument<string>("isa");
        foreach (var suite in engineSuites)
            RunSuite(suite, $"{suite}.{isa}", new() { ["SPARSECONV_ISA"] = isa }, failures);
        if (failures.Count > 0)
            throw new CakeException($"failed: {string.Join(", ", failures)}");
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

int Start(string command, string arguments, Dictionary<string, string> environment) =>
    StartProcess(command, new ProcessSettings { Arguments = arguments, EnvironmentVariables = environment });

void RunSuite(string suite, string name, Dictionary<string, string> environment, List<string> failures)
{
    Console.WriteLine(name);
    var arguments =
        $"test tests/{suite}/{suite}.csproj -c {configuration} --no-build --nologo -v quiet "
        + $"--logger \"trx;LogFileName={name}.trx\" --results-directory {results}";
    if (Start("dotnet", arguments, environment) != 0)
        failures.Add(name);
}

// What this machine lacks, in its place: the tiles of AMX called or, where the processor has all other instructions, trapped; a
// GPU by emulation, whose threads take turns in several orders, since one that relies on another without a barrier shows in
// some; and every kernel compiled for every architecture. Programs of one thread, so as many at once as there are processors.
void RunEmulated(List<string> failures)
{
    var folder = cmakeFolder.Combine("tests").Combine("native");
    var emulated = folder.CombineWithFilePath("cuda/libdriver_double.so").FullPath;
    (string Name, string Program, string Tests, Dictionary<string, string> Environment)[] runs =
    [
        ("the ABI on an emulated GPU", "cuda/sparseconv_device_tests", "*:-HalfIsa*:*number_of_threads*:RulebookOf.Stays*", Gpu("2", 80, memory: "open")),
        ("kernels compiled", "cuda/sparseconv_compile_tests", "*", Nvrtc()),
        ("an emulated GPU", "cuda/sparseconv_cuda_tests", "*", Gpu("1", 80, memory: "guarded")),
        ("an emulated GPU, sm_70, in reverse", "cuda/sparseconv_cuda_tests", "*:-DoubleDeathTest*", Gpu("reverse", 70, memory: "open")),
        ("amx trapped", "sparseconv_trapped_tests", "*/amx:Amx*", OneThread()),
        ("amx emulated", "sparseconv_emulated_tests", "*", OneThread("amx")),
    ];
    var there = runs.Where(run => FileExists(folder.CombineWithFilePath(run.Program)));
    Parallel.ForEach(there, new() { MaxDegreeOfParallelism = Environment.ProcessorCount }, run =>
    {
        Console.WriteLine($"native ({run.Name})");
        var file = $"{results}/native.{run.Name.Replace(' ', '-').Replace(",", "")}.xml";
        var arguments = $"--gtest_brief=1 --gtest_filter={run.Tests} --gtest_output=xml:{file}";
        if (Start(folder.CombineWithFilePath(run.Program).FullPath, arguments, run.Environment) == 0)
            return;
        lock (failures)
            failures.Add($"native ({run.Name})");
    });

    Dictionary<string, string> OneThread(string isa = "") => new() { ["SPARSECONV_ISA"] = isa, ["OMP_NUM_THREADS"] = "1" };

    Dictionary<string, string> Gpu(string order, int architecture, string memory) =>
        new(OneThread("baseline"))
        {
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

// Each sanitizer has a build of its own. ThreadSanitizer takes the tests that share work between threads.
void RunSanitized(List<string> failures)
{
    (string Name, string Flags, string Tests)[] sanitizers =
    [
        ("address", "address,undefined", "*"),
        ("thread", "thread", "*hread*:*haring*:*any_tiles*-*/avx512:*/avx2"),
    ];
    foreach (var (name, flags, tests) in sanitizers)
    {
        Console.WriteLine($"native ({name} sanitizer)");
        var folder = artifacts.Combine("cmake").Combine(name);
        Run("cmake", $"-S . -B {folder} -DCMAKE_BUILD_TYPE={configuration} -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DSPARSECONV_SANITIZE={flags}", quiet: true);
        (string Program, string Isa)[] programs = [("sparseconv_tests", ""), ("sparseconv_emulated_tests", "amx")];
        foreach (var (program, isa) in RuntimeInformation.RuntimeIdentifier.EndsWith("-x64", StringComparison.Ordinal) ? programs : programs[..1])
        {
            Run("cmake", $"--build {folder} --target {program} --parallel {Environment.ProcessorCount}", quiet: true);
            var path = folder.Combine("tests").Combine("native").CombineWithFilePath(program);
            var arguments = $"--gtest_brief=1 --gtest_filter={tests} --gtest_output=xml:{results}/native.{name}.{program}.xml";
            if (Start(path.FullPath, arguments, new() { ["SPARSECONV_ISA"] = isa }) != 0)
                failures.Add($"native ({name} sanitizer, {program})");
        }
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

// N passed, N failed, N skipped over all suites. A suite that broke off counts as failed, whatever it had passed by then.
void WriteTally(List<string> failures)
{
    int passed = 0, failed = 0, skipped = 0;
    foreach (var file in GetFiles($"{results}/*.trx"))
    {
        var counters = XDocument.Load(file.FullPath).Descendants().Single(e => e.Name.LocalName == "Counters");
        int Count(string attribute) => int.Parse(counters.Attribute(attribute).Value, CultureInfo.InvariantCulture);
        passed += Count("passed");
        failed += Count("failed");
        skipped += Count("total") - Count("executed");
    }
    foreach (var file in GetFiles($"{results}/native.*.xml"))
    {
        var suites = XDocument.Load(file.FullPath).Root;
        int Count(string attribute) => int.Parse(suites.Attribute(attribute)?.Value ?? "0", CultureInfo.InvariantCulture);
        var ignored = suites.Descendants("testcase").Count(test => test.Attribute("result")?.Value == "skipped");
        failed += Count("failures") + Count("errors");
        skipped += ignored;
        passed += Count("tests") - Count("failures") - Count("errors") - ignored;
    }
    failed = Math.Max(failed, failures.Count);
    var tally = $"{passed} passed, {failed} failed, {skipped} skipped";
    System.IO.File.WriteAllText(results.CombineWithFilePath("tally.txt").FullPath, tally + "\n");
    Console.WriteLine(tally);
}

IEnumerable<FilePath> NativeSources() =>
    GetFiles("native/**/*.{h,cpp,cu,cuh}").Concat(GetFiles("tests/native/**/*.{h,cpp,c}"));
