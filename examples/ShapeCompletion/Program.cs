using ShapeCompletion;

return CompletionCommand.Create().Run(args, Console.Out, Console.Error);
