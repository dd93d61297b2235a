using System.Runtime.InteropServices;
using TorchSharp.SparseConv.Tool;

using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext context)
{
    context.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

var output = Consoles.Create(Console.Out, Console.IsOutputRedirected);
var errors = Consoles.Create(Console.Error, Console.IsErrorRedirected);
return Application.Run(args, new Session(output, errors, stop.Token));
